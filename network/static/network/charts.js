/* Draws each <table data-chart="line|bar|stacked"> as a chart before it; the table stays, and is what
   the chart says to those who do not see it.

   First column: what the values stand over. Each further <th> of the head: a series, unless it has
   data-skip, as a row may have. A cell's number is its data-value, or else its text; its text is what
   the tooltip says. data-labels="all" on the table: bars lie, so that every row is named beside its
   own, and what is below zero has another colour.
   data-unit on the table or on a <th>: a currency such as GBP, or "%". data-color on a <th>: the CSS
   variable --chart-<colour>; without it the series take turns with --chart-1, --chart-2 and so on.
   A table inside <details> is drawn before the <details>. Styles are set through the CSSOM only. */
(() => {
  "use strict";
  const PALETTES = {
    light: ["#1f6fb2", "#c7710a", "#2a8a5c", "#9c3f8d", "#6a5acd", "#69727c"],
    dark: ["#62aee8", "#f0a94b", "#5fc692", "#d98bcb", "#a79bf5", "#a3adb7"],
  };
  const SELECTOR = "table[data-chart]";
  const drawn = new Map();

  const style = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

  function isDark(element) {
    const channels = style(element, "color").match(/[\d.]+/g) || ["0", "0", "0"];
    const [red, green, blue] = channels.map(Number);
    return red * 0.299 + green * 0.587 + blue * 0.114 > 128;
  }

  function colourOf(header, index) {
    const palette = PALETTES[isDark(header) ? "dark" : "light"];
    const name = header.dataset.color || String(1 + (index % palette.length));
    return style(header, `--chart-${name}`) || palette[index % palette.length];
  }

  function numberOf(cell) {
    if (!cell) return null;
    const text = cell.dataset.value ?? cell.textContent.replace(/[^\d.-]/g, "");
    const value = Number.parseFloat(text);
    return Number.isNaN(value) ? null : value;
  }

  function written(value, unit) {
    const language = document.documentElement.lang.replace(/^en$/, "en-GB") || "en-GB";
    const short = { notation: Math.abs(value) >= 10000 ? "compact" : "standard", maximumFractionDigits: 2 };
    if (/^[A-Z]{3}$/.test(unit)) {
      const whole = Number.isInteger(value) ? { minimumFractionDigits: 0 } : {};
      return new Intl.NumberFormat(language, { style: "currency", currency: unit, ...whole, ...short }).format(value);
    }
    return new Intl.NumberFormat(language, short).format(value) + (unit === "%" ? " %" : unit);
  }

  function read(table) {
    const head = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !("skip" in row.dataset));
    const columns = head.map((_, index) => index).filter((index) => index > 0 && !("skip" in head[index].dataset));
    return {
      labels: rows.map((row) => row.cells[0].dataset.short || row.cells[0].textContent.trim()),
      series: columns.map((column, index) => ({
        name: head[column].dataset.name || ownText(head[column]),
        colour: colourOf(head[column], index),
        values: rows.map((row) => numberOf(row.cells[column])),
        texts: rows.map((row) => (row.cells[column] ? row.cells[column].textContent.trim() : "")),
      })),
      unit: table.dataset.unit || "",
    };
  }

  /* The header without the definition that opens from its "?". */
  function ownText(header) {
    const copy = header.cloneNode(true);
    copy.querySelectorAll("details").forEach((details) => details.remove());
    return copy.textContent.trim().replace(/\s+/g, " ");
  }

  function coloursOf(table, series) {
    if (table.dataset.labels !== "all") return series.colour;
    const [, below] = PALETTES[isDark(table) ? "dark" : "light"];
    return series.values.map((value) => (value < 0 ? below : series.colour));
  }

  function dataset(table, kind, series, few) {
    const line = kind === "line";
    return {
      label: series.name,
      data: series.values,
      texts: series.texts,
      borderColor: series.colour,
      backgroundColor: coloursOf(table, series),
      borderWidth: line ? 2 : 0,
      pointRadius: few ? 3 : 0,
      pointHitRadius: 12,
      tension: 0,
      maxBarThickness: 40,
    };
  }

  function options(table, data) {
    const ink = style(table, "color");
    const grid = isDark(table) ? "rgba(255, 255, 255, .12)" : "rgba(0, 0, 0, .1)";
    const stacked = table.dataset.chart === "stacked";
    const lies = table.dataset.labels === "all";
    const named = lies ? { autoSkip: false } : { maxRotation: 0, autoSkipPadding: 16 };
    const font = { family: style(table, "font-family"), size: 12 };
    const rows = { stacked, grid: { display: false }, ticks: { color: ink, font, ...named } };
    const values = {
      stacked,
      beginAtZero: true,
      grid: { color: grid },
      border: { display: false },
      ticks: { color: ink, font, maxTicksLimit: 6, precision: data.unit ? undefined : 0, callback: (value) => written(value, data.unit) },
    };
    return {
      animation: false,
      indexAxis: lies ? "y" : "x",
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false, axis: lies ? "y" : "x" },
      scales: lies ? { x: values, y: rows } : { x: rows, y: values },
      plugins: {
        legend: { display: data.series.length > 1, align: "start", labels: { color: ink, font, boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]}` } },
      },
    };
  }

  function frameFor(table) {
    const frame = document.createElement("div");
    frame.className = "chart-frame";  // not "chart": the admin's theme looks for canvases by that
    frame.style.position = "relative";
    const rows = table.dataset.labels === "all" ? [...table.tBodies[0].rows].filter((row) => !("skip" in row.dataset)).length : 0;
    frame.style.height = rows ? `${4 + 1.75 * rows}rem` : table.dataset.height || "16rem";
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", table.caption.textContent.trim());
    frame.append(canvas);
    (table.closest("details:not(.tip)") || table).before(frame);
    return frame;
  }

  function draw(table) {
    const data = read(table);
    if (!data.series.length || !data.labels.length) return;
    const frame = frameFor(table);
    const kind = table.dataset.chart === "line" ? "line" : "bar";
    const few = data.labels.length < 16;
    const chart = new Chart(frame.firstChild, {
      type: kind,
      data: { labels: data.labels, datasets: data.series.map((series) => dataset(table, kind, series, few)) },
      options: options(table, data),
    });
    drawn.set(table, { chart, frame });
  }

  function remove(table) {
    const { chart, frame } = drawn.get(table);
    chart.destroy();
    frame.remove();
    drawn.delete(table);
  }

  function update() {
    [...drawn.keys()].filter((table) => !table.isConnected).forEach(remove);
    document.querySelectorAll(SELECTOR).forEach((table) => drawn.has(table) || draw(table));
  }

  function redraw() {
    [...drawn.keys()].forEach(remove);
    update();
  }

  document.addEventListener("DOMContentLoaded", update);
  document.addEventListener("htmx:afterSettle", update);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["class", "data-theme"] });
})();
