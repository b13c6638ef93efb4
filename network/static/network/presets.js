/* <select data-fills="id">: what is chosen is written into that field, unless somebody wrote words of
   their own there. Without this the server takes the choice where the field is empty. */
(() => {
  "use strict";
  document.addEventListener("change", (event) => {
    const select = event.target.closest?.("select[data-fills]");
    const field = select && document.getElementById(select.dataset.fills);
    if (!field || !select.value) return;
    const presets = [...select.options].map((option) => option.value);
    if (field.value.trim() && !presets.includes(field.value.trim())) return;
    field.value = select.value;
  });
})();
