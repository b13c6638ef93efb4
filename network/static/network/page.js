/* On every page: what a browser leaves undone.

   A page that answers a form is shown again by its address, so that neither Back nor Reload sends the
   form once more. After an error the first wrong field has the focus. A list's filter closes on Escape
   and on a click elsewhere, and opens to the side where there is room. A new account is offered the
   browser's time zone. A picture that is wider than the screen shows its sale first. What is
   found by typing is called as its label is. */
(() => {
  "use strict";
  history.replaceState(history.state, "", location.href);

  const WRONG = ".field.wrong, .form-row.errors, .errors";
  const FIELDS = "input:not([type=hidden]), select, textarea";

  function focusFirstError() {
    const marked = document.querySelector(WRONG) || document.querySelector("[aria-invalid=true]");
    const field = marked?.matches(FIELDS) ? marked : marked?.querySelector(FIELDS);
    field?.focus();
  }

  function closeFilters(except) {
    for (const filter of document.querySelectorAll("details.filter[open]"))
      if (filter !== except) filter.open = false;
  }

  function keepInside(filter) {
    filter.classList.remove("from-right");
    const choices = filter.open && filter.querySelector("ul");
    if (choices && choices.getBoundingClientRect().right > document.documentElement.clientWidth)
      filter.classList.add("from-right");
  }

  function guessZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const select of document.querySelectorAll("select[data-guess-zone]"))
      if (select.value === "UTC" && [...select.options].some((option) => option.value === zone))
        select.value = zone;
  }

  function showSale(part) {
    for (const frame of part.querySelectorAll(".journey-scroll")) {
      const line = frame.querySelector(".sale-line");
      if (!line || frame.scrollWidth <= frame.clientWidth) continue;
      const seen = frame.getBoundingClientRect(), at = line.getBoundingClientRect();
      frame.scrollLeft += at.left - seen.left - 0.7 * frame.clientWidth;
    }
  }

  function nameChoices() {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.nextElementSibling?.querySelector(".select2-selection");
      const label = select.labels?.[0], chosen = box?.querySelector("[role=textbox]");
      if (!label || !chosen) continue;
      label.id ||= `label-of-${select.id}`;
      chosen.setAttribute("aria-labelledby", label.id);
      box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    }
  }

  window.addEventListener("load", () => setTimeout(nameChoices));
  document.addEventListener("DOMContentLoaded", () => {
    guessZone();
    showSale(document);
    focusFirstError();
  });
  document.addEventListener("htmx:afterSettle", (event) => showSale(event.target));
  document.addEventListener("click", (event) => closeFilters(event.target.closest("details.filter")));
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details.filter")) keepInside(event.target);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.filter[open]");
    closeFilters();
    open?.querySelector("summary").focus();
  });
})();
