// uploads.js: the form works without this file. It sends a document in parts (tus 1.0), goes on after a lost network, and after a reload
// when the same document (name, size, date) is chosen again.
(() => {
  "use strict";
  const PART = 512 * 1024;
  const TUS = { "Tus-Resumable": "1.0.0" };
  const DAY = 24 * 3600 * 1000;
  const pause = (ms) => new Promise((done) => {
    const wake = () => { clearTimeout(timer); removeEventListener("online", wake); done(); };
    const timer = setTimeout(wake, ms);
    addEventListener("online", wake);
  });
  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const memory = {
    read(key) {
      try {
        const { at, address } = JSON.parse(localStorage.getItem(key) || "{}");
        return at > Date.now() - DAY ? address : "";
      } catch { return ""; }
    },
    keep(key, address) { try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), address })); } catch { /* resumes until reload only */ } },
    forget(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
  };

  /** The server said no: its words are for the person. */
  class Refused extends Error {}
  /** This is not our server's answer (signed out, a proxy): the plain form will know. */
  class Elsewhere extends Error {}

  const enhance = (form) => {
    const input = form.querySelector("input[type=file]");
    const place = form.querySelector("[data-upload-status]");
    const say = place.dataset;
    const show = (text) => { place.querySelector("[role=status]").textContent = text; };
    const bar = place.querySelector("progress");
    let busy = false;

    const ask = async (address, options) => {
      for (let wait = 1000; ; wait = Math.min(wait * 2, 30000)) {
        let answer = null;
        try {
          answer = await fetch(address, { ...options, redirect: "manual", headers: { ...TUS, "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, ...options.headers } });
        } catch { /* the network is away */ }
        if (answer && answer.status < 500) return answer;
        if (options.method === "PATCH") return null; // what arrived is asked first
        show(say.lost);
        await pause(wait);
      }
    };
    const checked = async (answer) => {
      if (answer.ok && answer.headers.has("Tus-Resumable")) return answer;
      if (answer.headers.has("Tus-Resumable")) throw new Refused(await answer.text());
      throw new Elsewhere();
    };

    const send = async (file) => {
      const kind = form.elements.kind.value;
      const key = `upload:${form.dataset.upload}:${kind}:${file.name}:${file.size}:${file.lastModified}`;
      let address = memory.read(key), offset = 0;
      const find = async () => {
        const answer = await ask(address, { method: "HEAD" });
        return answer.ok ? Number(answer.headers.get("Upload-Offset")) : -1;
      };
      if (address) {
        offset = await find();
        if (offset > 0 && offset < file.size) show(say.resumed);
      }
      if (!address || offset < 0) {
        memory.forget(key);
        const facts = `filename ${base64(file.name)},kind ${base64(kind)}`;
        const made = await checked(await ask(form.dataset.upload, { method: "POST", headers: { "Upload-Length": String(file.size), "Upload-Metadata": facts } }));
        address = made.headers.get("Location");
        offset = 0;
        memory.keep(key, address);
      }
      for (let wait = 1000, sent = false; offset < file.size || !sent;) {
        bar.value = offset / file.size;
        const answer = await ask(address, { method: "PATCH", headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) }, body: file.slice(offset, offset + PART) });
        if (answer && answer.ok) {
          offset = Number(answer.headers.get("Upload-Offset"));
          sent = true;
          wait = 1000;
          show(`${Math.floor(100 * offset / file.size)} %`);
          continue;
        }
        if (answer && answer.status !== 409) {
          memory.forget(key);
          await checked(answer);
        }
        show(say.lost);
        await pause(wait);
        wait = Math.min(wait * 2, 30000);
        offset = await find();
        if (offset < 0) {
          memory.forget(key);
          throw new Elsewhere();
        }
        show(say.resumed);
      }
      bar.value = 1;
      memory.forget(key);
    };

    form.addEventListener("submit", async (event) => {
      const file = input.files[0];
      if (!file || !file.size) return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      place.hidden = false;
      place.classList.remove("alert");
      bar.hidden = false;
      bar.value = 0;
      show(say.begun);
      try {
        await send(file);
        location.assign(location.pathname); // the page as it is now, never a form sent again
      } catch (error) {
        busy = false;
        if (!(error instanceof Refused)) return form.submit();
        place.classList.add("alert");
        bar.hidden = true;
        show(error.message);
        input.focus();
      }
    });
  };
  document.querySelectorAll("form[data-upload]").forEach(enhance);
})();
