// autosave.js: every page works without this file. It saves a form while one writes and keeps on this device what the server has not confirmed.
// <form data-autosave="address"> posts its fields as they are, within two seconds of a pause. The answer is JSON: {"at": "14 h 32", "version": "12"}, or
// {"detail": why} with 409 or 422; "fragments" ({id: html}) are the parts of the page that the server counts anew. [data-saved] shows the state; the form's field named "version" follows the answer.
// <form data-unsaved> shows a text that the server refused; with "conflict", nothing is saved until the writer chooses. A link with [data-drop] gives the text up.
(() => {
  "use strict";
  const root = document.documentElement, PREFIX = "unsaved:", DAYS = 7, SLOWEST = 60;
  const say = {
    fr: {
      edited: "Modifié…", saving: "Enregistrement…", saved: (at) => `Enregistré à ${at}`,
      again: (s, kept) => `Réseau absent : nouvel essai dans ${s} s. ${kept ? "Votre texte est gardé sur cet appareil." : "Gardez cette page ouverte, votre texte y est."}`,
      signIn: "Reconnectez-vous dans un autre onglet, puis rechargez cette page : votre texte vous y attend.",
      refused: (why) => `Non enregistré : ${why}`, unknown: "le service a répondu par une erreur.",
      conflict: "Rien ne s’enregistre tant que vous n’avez pas choisi.", by: (who, at) => `Enregistré par ${who} le ${at}.`, compare: "Voir les deux textes côte à côte",
      kept: (at) => `Votre texte du ${at} n’avait pas pu être enregistré.`, where: "Il est resté sur cet appareil ; rien n’a été remplacé ci-dessous.",
      put: "Remettre mon texte", drop: "L’abandonner",
    },
    en: {
      edited: "Edited…", saving: "Saving…", saved: (at) => `Saved at ${at}`,
      again: (s, kept) => `No network: retrying in ${s} s. ${kept ? "Your text is kept on this device." : "Keep this page open, your text is in it."}`,
      signIn: "Sign in again in another tab, then reload this page: your text awaits you there.",
      refused: (why) => `Not saved: ${why}`, unknown: "the service answered with an error.",
      conflict: "Nothing is saved until you choose.", by: (who, at) => `Saved by ${who} on ${at}.`, compare: "See both texts side by side",
      kept: (at) => `Your text of ${at} could not be saved.`, where: "It stayed on this device; nothing was replaced below.",
      put: "Put my text back", drop: "Drop it",
    },
  }[root.lang.startsWith("en") ? "en" : "fr"];
  const make = (tag, facts = {}, ...inside) => { const one = Object.assign(document.createElement(tag), facts); one.append(...inside); return one; };

  // The device. One entry an address and version, only while the server has not confirmed; none after signing out or a week. Storage may be refused: then nothing is kept.
  const device = {
    keys() { try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; } },
    read(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
  };
  for (const key of device.keys()) if (!(Date.now() - device.read(key)?.at < DAYS * 86_400_000)) device.drop(key);
  document.addEventListener("submit", (event) => { if (/\/deconnexion\/$/.test(event.target.getAttribute("action"))) device.keys().forEach(device.drop); });

  // A button's save is confirmed by the page it leads to; a page that never came, or a sign-in, confirms nothing.
  const SENT = "unsaved-sent";
  const sent = { // of this tab
    get: () => { try { return sessionStorage.getItem(SENT); } catch { return null; } },
    set: (key) => { try { key ? sessionStorage.setItem(SENT, key) : sessionStorage.removeItem(SENT); } catch { /* it will be offered again */ } },
  };
  const arrival = performance.getEntriesByType("navigation")[0];
  const posted = sent.get();
  if (posted && arrival?.redirectCount && arrival.type === "navigate" && !location.pathname.includes("/connexion/")) device.drop(posted);
  addEventListener("pageshow", () => sent.set(null));

  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const state = form.querySelector("[data-saved]") || document.querySelector("[data-saved]");
    const version = form.elements.version;
    const mayKeep = (field) => field.name && (field === version || /-TOTAL_FORMS$/.test(field.name) || !/^(hidden|password|file|submit|button|reset|image)$/.test(field.type));
    const values = () => [...form.elements].filter(mayKeep).map((field) => [field.name, field.type === "radio" || field.type === "checkbox" ? `${field.value}=${field.checked}` : field.value]);
    const keyNow = () => `${PREFIX}${location.pathname}:${version ? version.value : ""}`;
    let key = keyNow(), kept = false, timer = 0, dirty = false, busy = false, wait = 1, told = 0, unanswered = null, pressed = null, choosing = form.dataset.unsaved === "conflict";
    const keep = () => { const now = keyNow(); kept = device.write(now, { at: Date.now(), values: values() }); if (now !== key) { device.drop(key); key = now; } };
    const confirmed = () => { device.drop(key); key = keyNow(); kept = false; };
    const show = (kind, text, aloud = false) => {
      if (!state) return;
      state.className = `saved ${kind}`; state.textContent = text; state.hidden = false;
      if (aloud && Date.now() - told > 60_000 || kind === "is-off") { told = Date.now(); state.setAttribute("role", kind === "is-off" ? "alert" : "status"); } else state.removeAttribute("role");
    };
    const shown = new Map(); // a part that says the same is left alone, and so is one that is being read by keyboard
    const refresh = (fragments = {}) => {
      for (const [id, html] of Object.entries(fragments)) {
        const place = document.getElementById(id);
        if (!place || shown.get(id) === html || place.contains(document.activeElement)) continue;
        shown.set(id, html); place.innerHTML = html;
      }
    };
    const later = (seconds) => { clearTimeout(timer); timer = setTimeout(save, seconds * 1000); };
    const slower = () => { wait = Math.min(wait * 2, SLOWEST); later(wait); return wait; };

    async function save() {
      if (busy || choosing || !(dirty || unanswered)) return;
      busy = true;
      show("is-busy", say.saving);
      const again = unanswered !== null; // an answer that was lost: the very same sending, so that what the server may have saved is not taken for another writer's
      if (!again) { unanswered = new FormData(form); dirty = false; }
      for (const [name, value] of [...unanswered]) if (value instanceof File) unanswered.delete(name);
      unanswered.set("autosave", "1");
      try {
        const answer = await fetch(form.dataset.autosave || form.action, { method: "POST", body: unanswered, headers: { Accept: "application/json" }, redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout?.(30_000) });
        const facts = await answer.json().catch(() => ({}));
        if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { show("is-off", say.signIn); slower(); }
        else if (answer.status >= 500 || answer.status === 429) { show("is-off", say.refused(facts.detail || say.unknown)); slower(); }
        else {
          unanswered = null; wait = 1;
          if (facts.version !== undefined && version) version.value = facts.version; // also when an answer could not be read: the rest was saved
          refresh(facts.fragments);
          if (answer.ok) {
            if (facts.nonce !== undefined && form.elements.nonce) form.elements.nonce.value = facts.nonce;
            if (dirty) keep(); else confirmed();
            show("is-ok", say.saved(facts.at || new Date().toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" })), true);
          } else {
            keep();
            show("is-off", say.refused(facts.detail || say.unknown));
            if (answer.status === 409 && facts.theirs !== undefined) conflict(facts);
          }
          if (dirty) later(again ? 0 : 1.5);
        }
      } catch { const s = slower(); show("is-off", say.again(s, kept)); }
      busy = false;
      if (pressed) { const button = pressed; pressed = null; form.requestSubmit(button); }
    }

    // Someone else saved meanwhile: nothing is sent any more, and the button asks the server for both texts. Saving by any other button meets the same page.
    function conflict(facts) {
      choosing = true;
      if (state) state.hidden = true; // the box says it, and stays in sight
      const box = make("section", { className: "errors stack-s", tabIndex: -1 }, make("p", {}, make("strong", { textContent: facts.detail })));
      if (facts.by && facts.saved_at) box.append(make("p", { textContent: `${say.by(facts.by, facts.saved_at)} ${say.conflict}` }));
      box.append(make("p", { className: "row" }, make("button", { className: "btn", name: "go", value: "stay", textContent: say.compare })));
      box.setAttribute("role", "alert"); box.dataset.conflict = "";
      form.prepend(box);
      form.prepend(...form.querySelectorAll(':scope > button[name="go"].visually-hidden')); // it stays the one that Enter presses
    }

    // What an earlier visit could not save is offered, never put by itself.
    const put = (found) => {
      for (const [name, value] of found.values) { // rows first: those that were added are added again
        const prefix = /^(.+)-TOTAL_FORMS$/.exec(name)?.[1], total = form.elements[name];
        const add = prefix && form.querySelector(`[data-rows="${CSS.escape(prefix)}"] [name="add_row"]`);
        for (let left = 60; add && total && Number(total.value) < Number(value) && left; left--) add.click();
      }
      const mine = new Map();
      for (const [name, value] of found.values) mine.set(name, [...(mine.get(name) || []), value]);
      for (const field of [...form.elements].filter(mayKeep)) {
        const list = mine.get(field.name);
        if (!list || /-TOTAL_FORMS$/.test(field.name)) continue;
        if (field.type === "radio" || field.type === "checkbox") { const was = list.find((one) => one === `${field.value}=true` || one === `${field.value}=false`); if (was) field.checked = was.endsWith("=true"); }
        else if (list.length) field.value = list.shift(); // the version too: if someone wrote since, both texts will be shown
        if (field.matches("textarea")) field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      changed();
    };
    const excerpt = (found) => { // enough of what differs to tell one text from another
      const words = found.values.filter(([name, value]) => name !== "version" && !/=(true|false)$/.test(value) && !(start.get(name) || []).includes(value)).map(([, value]) => value);
      const text = words.sort((one, other) => other.length - one.length)[0] || "";
      return text.length > 160 ? `…${text.slice(-160)}` : text;
    };
    function offer(old, found) {
      const at = new Date(found.at).toLocaleString(root.lang, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
      const yes = make("button", { type: "button", className: "btn", textContent: say.put }), no = make("button", { type: "button", className: "btn second", textContent: say.drop });
      const box = make("section", { className: "alert next stack-s" }, make("p", {}, make("strong", { textContent: say.kept(at) }), ` ${say.where}`), make("blockquote", { className: "small", textContent: excerpt(found) }), make("p", { className: "row" }, yes, no));
      box.setAttribute("role", "status"); box.dataset.kept = "";
      const done = () => { device.drop(old); box.remove(); (form.querySelector("textarea, input:not([type=hidden]), select") || form).focus(); };
      yes.addEventListener("click", () => { done(); put(found); });
      no.addEventListener("click", done);
      form.before(box);
    }

    const changed = () => { sent.set(null); dirty = true; keep(); if (choosing || wait > 1) return; if (!busy) show("is-busy", say.edited); later(1.5); };
    const start = new Map(); // what the page shows, to offer only what differs
    for (const [name, value] of values()) start.set(name, [...(start.get(name) || []), value]);
    const differs = (found) => found.values.some(([name, value]) => name !== "version" && !(start.get(name) || []).includes(value));
    const newest = device.keys().filter((one) => one.startsWith(`${PREFIX}${location.pathname}:`)).map((old) => [old, device.read(old)]).sort(([, one], [, other]) => (other?.at || 0) - (one?.at || 0));
    const offered = []; // newest first: a text that was only the beginning of a newer one is not offered again
    const begun = (found) => offered.some((newer) => found.values.every(([name, value]) => name === "version" || (start.get(name) || []).includes(value) || newer.values.some(([other, longer]) => other === name && longer.startsWith(value))));
    for (const [old, found] of newest) {
      device.drop(old);
      if (!Array.isArray(found?.values) || !differs(found) || (form.dataset.unsaved !== undefined && old === posted)) continue; // the page shows this very text
      if (begun(found)) continue;
      offered.push(found);
      const aside = `${PREFIX}${location.pathname}:older-${found.at}`; // typing anew does not write over what is offered
      device.write(aside, found);
      offer(aside, found);
    }
    if (form.dataset.unsaved !== undefined) keep();
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (busy && event.submitter) { event.preventDefault(); event.stopPropagation(); pressed = event.submitter; return; } // the answer that is coming brings the version to send
      clearTimeout(timer); dirty = false; unanswered = null; keep(); sent.set(key);
    });
    form.addEventListener("click", (event) => { if (event.target.closest?.("[data-drop]")) { dirty = false; unanswered = null; device.drop(key); } });
    addEventListener("online", () => { wait = 1; later(0); });
    addEventListener("beforeunload", (event) => { if (dirty || unanswered) event.preventDefault(); });
  }
})();
