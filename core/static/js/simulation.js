// simulation.js: a simulation's page works without this file, by "Save and count again". With it, the totals on top follow the boxes and amounts as they are typed.
(() => {
  "use strict";
  const form = document.querySelector("[data-simulation]"), frame = document.querySelector("[data-simulation-free]");
  if (!form || !frame) return;
  const free = Number(frame.dataset.simulationFree);
  const show = (name, cents) => {
    const out = frame.querySelector(`[data-simulation-${name}]`);
    const digits = cents % 100 ? 2 : 0;
    out.textContent = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(cents / 100);
  };
  const cents = (text) => {
    const plain = text.replace(/[\s\u00a0\u202f€]/g, "").replace(",", ".");
    return /^\d{1,11}(\.\d{0,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : 0;
  };
  const count = () => {
    let total = 0, funded = 0;
    for (const line of form.querySelectorAll("[data-line]")) {
      const amount = line.querySelector("input[type=text]");
      const given = !line.querySelector("input[type=checkbox]").checked ? 0 : amount.value.trim() ? cents(amount.value) : Number(line.dataset.most);
      total += given;
      funded += given > 0 ? 1 : 0;
    }
    show("total", total);
    show("left", Math.max(0, free - total));
    show("lack", Math.max(0, total - free));
    frame.querySelector("[data-simulation-over]").hidden = total <= free;
    frame.querySelector("[data-simulation-count]").textContent = funded;
  };
  form.addEventListener("input", count);
})();
