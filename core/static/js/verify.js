// verify.js: the second verifier of the public ledger, beside docs/verify_ledger.py, in the reader's own browser: the same checks, in the same order, on the same file.
// The page works without this file: it says how to run the script. Format: civic-fund-ledger/1 (docs/ledger.md).
(() => {
  "use strict";
  const place = document.querySelector("[data-verify]");
  if (!place || !window.crypto || !window.crypto.subtle || !window.TextDecoderStream) return;
  const TAG = "civic-fund/ledger/1/", ASCII = /^[\x20-\x7e]+$/, utf8 = new TextEncoder();
  const ACCOUNTS = new Set(["free", "reserved", "committed", "ordered", "paid", "claimed", "returned"]);
  const MOVES = Object.fromEntries("open source free, lower free source, reserve free reserved, release_reservation reserved free, commit reserved committed, release_commitment committed free, order committed ordered, unorder ordered committed, pay ordered paid, bounce paid committed, claim paid claimed, unclaim claimed paid, return claimed returned"
    .split(", ").map((move) => move.split(" ")).map(([kind, left, arrived]) => [kind, [left, arrived]]));

  class Fault extends Error {
    constructor(seq, what) { super(what); this.seq = seq; }
  }
  const hold = (condition, seq, what) => { if (!condition) throw new Fault(seq, what); };

  const canonical = (value) => Array.isArray(value) ? `[${value.map(canonical).join(",")}]`
    : value && typeof value === "object" ? `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`
    : JSON.stringify(value);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const sha = async (...parts) => {
    const all = parts.map((part) => typeof part === "string" ? utf8.encode(part) : part);
    const whole = new Uint8Array(all.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of all) { whole.set(part, at); at += part.length; }
    return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  };
  const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1);

  const grow = async (roots, link) => {
    roots.push([1, await sha(LEAF, link)]);
    while (roots.length > 1 && roots.at(-1)[0] === roots.at(-2)[0]) {
      const [size, right] = roots.pop();
      roots.push([2 * size, await sha(NODE, roots.pop()[1], right)]);
    }
  };
  const rootOf = async (roots) => {
    let found = roots.length ? roots.at(-1)[1] : await sha("");
    for (const [, left] of roots.slice(0, -1).reverse()) found = await sha(NODE, left, found);
    return found;
  };

  const checkPostings = (entry, balances, former) => {
    const lines = entry.postings, places = lines.map((line) => `${line.envelope} ${line.account}`), seq = entry.seq;
    hold(lines.length && places.every((one, number) => !number || places[number - 1] < one), seq, "postings");
    for (const envelope of new Set(lines.map((line) => line.envelope))) {
      hold(lines.filter((line) => line.envelope === envelope).reduce((sum, line) => sum + line.cents, 0) === 0, seq, "sum");
    }
    if (Object.hasOwn(MOVES, entry.kind)) {
      const [left, arrived] = MOVES[entry.kind], takes = lines.find((line) => line.account === left), gives = lines.find((line) => line.account === arrived);
      hold(lines.length === 2 && takes && gives && takes.cents <= 0 && gives.cents > 0, seq, "kind");
    } else if (entry.kind === "reversal") {
      const opposite = (former.get(entry.reverses) || []).map((line) => ({ ...line, cents: -line.cents }));
      hold(canonical(opposite) === canonical(lines), seq, "reversal");
      former.delete(entry.reverses);
    } else hold(entry.kind === "carry" && lines.length === 4, seq, "kind");
    if (entry.kind !== "reversal") former.set(seq, lines);
    for (const line of lines) {
      for (const holder of [line.envelope, line.account !== "free" ? entry.grant : null]) {
        if (!holder || line.account === "source") continue;
        const key = `${holder} ${line.account}`, left = (balances.get(key) || 0) + line.cents;
        hold(ACCOUNTS.has(line.account) && left >= 0, seq, "balance");
        balances.set(key, left);
      }
    }
  };

  // True when the signature holds, false when this browser cannot read such signatures.
  const checkCheckpoint = async (point, genesis, link, roots) => {
    const { signature, ...signed } = point;
    hold(hex(unhex(signature)) === signature, point.count, "signature");
    hold(point.genesis === hex(genesis) && point.head === hex(link) && point.root === hex(await rootOf(roots)), point.count, "checkpoint");
    let key;
    try {
      key = await crypto.subtle.importKey("raw", unhex(point.key), { name: "Ed25519" }, false, ["verify"]);
    } catch {
      return false;
    }
    const message = utf8.encode(`${TAG}checkpoint\n${canonical(signed)}`);
    hold(await crypto.subtle.verify({ name: "Ed25519" }, key, unhex(signature), message), point.count, "signature");
    return true;
  };

  async function* linesOf(response) {
    let rest = "";
    for await (const text of streamOf(response.body.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })))) {
      const parts = (rest + text).split("\n");
      rest = parts.pop();
      yield* parts;
    }
    if (rest) yield rest;
  }
  async function* streamOf(stream) {
    const reader = stream.getReader();
    for (let turn = await reader.read(); !turn.done; turn = await reader.read()) yield turn.value;
  }

  const check = async (dump, point, tell) => {
    let genesis = null, link = null, count = 0, signed = null, at = "", early = false;
    const roots = [], balances = new Map(), former = new Map();
    const due = async () => {
      if (!point || point.count !== count) return;
      signed = await checkCheckpoint(point, genesis, link, roots);
      early = point.at < at; // dated before the last entry it signs: told, and no fault
    };
    for await (const line of linesOf(dump)) {
      let record;
      try { record = JSON.parse(line); } catch { throw new Fault(genesis ? count + 1 : 0, "unreadable"); }
      hold(ASCII.test(line) && record && typeof record === "object", genesis ? count + 1 : 0, "unreadable");
      if (!genesis) {
        genesis = link = await sha(TAG, "genesis\n", canonical(record.genesis || null));
        hold(line === canonical({ genesis: record.genesis, hash: hex(genesis) }), 0, "genesis");
        await due();
        continue;
      }
      const entry = record.entry;
      count += 1;
      hold(entry && Array.isArray(entry.postings), count, "unreadable");
      hold(entry.seq === count, count, "missing");
      link = await sha(TAG, "entry\n", link, canonical(entry));
      hold(line === `{"entry":${canonical(entry)},"hash":"${hex(link)}"}`, count, "hash");
      checkPostings(entry, balances, former);
      await grow(roots, link);
      at = entry.at;
      await due();
      if (count % 500 === 0) tell(count);
    }
    hold(genesis, 0, "unreadable");
    hold(!point || point.count <= count, count, "end");
    return { count, head: hex(link), root: hex(await rootOf(roots)), signed, early };
  };

  const button = place.querySelector("button"), said = place.querySelector("[data-verify-said]"), proof = place.querySelector("[data-verify-proof]");
  const words = (name, facts) => place.dataset[name].replace(/\{(\w+)\}/g, (_all, fact) => facts[fact]);
  const number = (count) => new Intl.NumberFormat(document.documentElement.lang).format(count);
  const verify = async () => {
    button.setAttribute("aria-disabled", "true");
    proof.hidden = true;
    said.className = "";
    said.textContent = words("working", { n: number(0) });
    try {
      const answer = await fetch(place.dataset.checkpoint, { cache: "no-store" });
      const point = answer.ok ? await answer.json() : null; // first: what is written after it is no fault
      const dump = await fetch(place.dataset.dump, { cache: "no-store" });
      if (!dump.ok) throw new TypeError(String(dump.status));
      const found = await check(dump, point, (count) => { said.textContent = words("working", { n: number(count) }); });
      said.className = "alert good";
      said.textContent = words(found.signed === false ? "unsigned" : "holds", { n: number(found.count) });
      if (found.early) said.textContent += ` ${place.dataset.early}`;
      proof.querySelector("[data-head]").textContent = found.head;
      proof.querySelector("[data-root]").textContent = found.root;
      proof.hidden = false;
    } catch (error) {
      said.className = "alert bad";
      said.textContent = error instanceof Fault ? words("fault", { n: number(error.seq), what: error.message }) : place.dataset.failed;
    }
    button.removeAttribute("aria-disabled");
  };
  button.addEventListener("click", () => { if (!button.hasAttribute("aria-disabled")) verify(); });
  place.hidden = false;
})();
