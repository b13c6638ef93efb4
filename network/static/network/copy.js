/* Buttons with data-copy="<id>" copy that element's text or value. Where the browser refuses (no secure
   context), they select it, to be copied by hand. Without this script they stay hidden. */
(() => {
  "use strict";

  function select(source) {
    if ("select" in source) {
      source.focus();
      source.select();
      return;
    }
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      say(button, button.dataset.copied);
    } catch {
      select(source);
      say(button, document.execCommand("copy") ? button.dataset.copied : button.dataset.selected);
    }
  }

  function say(button, words) {
    button.dataset.label ??= button.textContent;
    button.textContent = words;
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
  }

  const reveal = () => document.querySelectorAll("button[data-copy]").forEach((button) => { button.hidden = false; });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:afterSettle", reveal);
})();
