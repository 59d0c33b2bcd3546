// live.js: a meeting's page works without this file, by its link to refresh. With it, the region [data-live="address"] follows the meeting by itself: one small
// read every four seconds (304 while nothing changed), every half minute while the page is hidden, none while there is no network.
// The server gives the region as it should be: data-stamp (what the acts and ballots of the page depend on), data-say (one sentence for who listens), data-alert
// (why the quorum is not met). Blocks [data-live-forms] are read again when the stamp changed, and never while one writes or stands in one of them.
(() => {
  "use strict";
  const region = document.querySelector("[data-live]");
  if (!region) return;
  const EVERY = 4000, HIDDEN = 30_000, SLOWEST = 60_000;
  const one = (name) => document.querySelector(`[data-live-${name}]`);
  const say = one("say"), alarm = one("alert"), notice = one("notice"), stale = one("stale");
  const inside = () => region.firstElementChild?.dataset || {};
  let etag = "", timer = 0, wait = EVERY, asking = false, stamp = inside().stamp, said = inside().say, alerted = inside().alert || "";

  // What may not be taken from under somebody's hands: a field that was changed, or the block in which the focus is.
  const changed = (field) => field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected))
    : field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
  const written = (block) => block.querySelector("[data-errors], [data-sent]") || [...block.querySelectorAll("input, select, textarea")].some(changed);
  const held = (block) => written(block) || block.contains(document.activeElement);

  const name = (element) => element.id ? `#${CSS.escape(element.id)}` : element.getAttribute("href") ? `${element.tagName}[href="${CSS.escape(element.getAttribute("href"))}"]` : element.tagName;
  const put = (block, fresh) => { // the same focus and the same open folds afterwards
    if (block.innerHTML === fresh.innerHTML) return;
    const here = block.contains(document.activeElement) ? name(document.activeElement) : "";
    const open = [...block.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    block.replaceChildren(...fresh.childNodes);
    for (const summary of block.querySelectorAll("details > summary")) if (open.includes(summary.textContent)) summary.parentElement.open = true;
    if (here) block.querySelector(here)?.focus({ preventScroll: true });
  };
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  const speak = () => {
    const now = inside();
    if (say && now.say !== said) say.textContent = now.say;
    if (alarm && (now.alert || "") !== alerted) alarm.textContent = now.alert || "";
    said = now.say; alerted = now.alert || "";
  };

  const renew = async () => { // the forms and the agenda, from the page itself
    const blocks = [...document.querySelectorAll("[data-live-forms]")];
    const now = inside().stamp;
    if (now === stamp || !blocks.length) { stamp = now; return; }
    if (blocks.some(held)) { if (notice) notice.hidden = false; return; }
    const answer = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = parse(await answer.text());
    if (blocks.some(held)) { if (notice) notice.hidden = false; return; }
    for (const block of blocks) {
      const fresh = page.querySelector(`[data-live-forms="${block.dataset.liveForms}"]`);
      if (fresh) put(block, fresh);
    }
    stamp = now;
    if (notice) notice.hidden = true;
  };

  const plan = () => { clearTimeout(timer); if (navigator.onLine) timer = setTimeout(ask, document.hidden ? Math.max(wait, HIDDEN) : wait); };
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(region.dataset.live, { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.redirected || [401, 403, 404].includes(answer.status)) { if (stale) stale.hidden = false; return; } // signed out or not for this person: the link says it
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(answer.status);
        etag = answer.headers.get("ETag") || "";
        put(region, parse(await answer.text()).body);
        speak();
      }
      await renew();
      wait = EVERY;
      if (stale) stale.hidden = true;
      plan();
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
      if (stale) stale.hidden = false;
      plan();
    } finally { asking = false; }
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) plan(); else { wait = EVERY; ask(); } });
  addEventListener("online", () => { wait = EVERY; ask(); });
  addEventListener("offline", () => { clearTimeout(timer); if (stale) stale.hidden = false; });
  plan();
})();
