// A tablet at a place: one tap is an answer. It is kept on the tablet first, then the visitor is thanked, then it is sent; sending
// is tried again at every start, whenever the line comes back, and every 30 seconds, for as long as it takes.
(() => {
  "use strict";
  const page = document.getElementById("kiosk");
  if (!page || !window.fetch || !window.Promise) return;
  const { code, root, language, home, waiting: waitingWords } = page.dataset;
  const ask = document.getElementById("ask"), thanks = document.getElementById("thanks");
  const THANKED = 8000, IDLE = 10000, TYPING = 30000, DEAD = 1500, AGAIN = 30000, PATIENCE = 15000, REFRESH = 30 * 60000;
  const BATCH = 15;

  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    const hex = [...b].map((one) => one.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  // What waits on the tablet. Where a browser forbids storing, or its disk is full, it waits in memory: better than nothing.
  const store = (() => {
    const memory = { answers: new Map(), facts: new Map() };
    const opening = new Promise((resolve) => {
      try {
        const request = indexedDB.open("palaute-kiosk", 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("answers", { keyPath: "id" });
          request.result.createObjectStore("facts", { keyPath: "id" });
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => resolve(null);
      } catch { resolve(null); }
    });
    const inside = async (name, mode, work) => {
      const base = await opening;
      if (!base) throw new Error("no storage");
      return new Promise((resolve, reject) => {
        const tx = base.transaction(name, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
        const request = work(tx.objectStore(name));
        tx.oncomplete = () => resolve(request && request.result);
        tx.onerror = tx.onabort = () => reject(tx.error);
      });
    };
    return {
      put: (name, one) => inside(name, "readwrite", (at) => {
        const request = at.put(one);
        if (at.transaction.commit) at.transaction.commit();
        return request;
      })
        .then(() => memory[name].delete(one.id), () => memory[name].set(one.id, one)),
      get: (name, id) => inside(name, "readonly", (at) => at.get(id)).catch(() => null).then((one) => one || memory[name].get(id)),
      all: async (name) => {
        const kept = await inside(name, "readonly", (at) => at.getAll()).catch(() => []);
        return [...kept.filter((one) => !memory[name].has(one.id)), ...memory[name].values()];
      },
      // Only what was sent goes: a comment may have been added while it was under way.
      drop: async (id, revision) => {
        const gone = (one) => one && one.revision <= revision;
        if (gone(memory.answers.get(id))) memory.answers.delete(id);
        await inside("answers", "readwrite", (at) => {
          const found = at.get(id);
          found.onsuccess = () => { if (gone(found.result)) at.delete(id); };
        }).catch(() => null);
      },
    };
  })();

  const device = async () => {
    const known = await store.get("facts", "device");
    if (known && known.value) return known.value;
    const made = { id: "device", value: uuid() };
    await store.put("facts", made);
    return made.value;
  };

  // A tablet may have been somewhere else before: what it kept there is sent from here.
  const waits = async () => (await store.all("answers")).filter((one) => !one.refused).sort((one, other) => one.answered - other.answered);
  const tell = async () => {
    const count = (await waits()).length;
    document.getElementById("waiting").textContent = count ? waitingWords.replace("{n}", count) : "";
  };

  const post = async (place, answers) => {
    const told = answers.map(({ id, revision, value, comment, language, answered }) => ({ id, revision, value, comment, language, answered }));
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(`${root}/k/${place}/answers`, {
        method: "POST", signal: stop.signal, cache: "no-store", headers: { "content-type": "application/json" },
        body: JSON.stringify({ device: await device(), sent: Date.now(), answers: told }),
      });
      if (answer.status === 400 || answer.status === 413) return null;
      if (!answer.ok) throw new Error(String(answer.status));
      const { outcomes } = await answer.json();
      if (!Array.isArray(outcomes)) throw new Error("this is not our server");
      return outcomes;
    } finally { clearTimeout(timer); }
  };

  let closed = false;
  const settle = async (place, answers) => {
    const outcomes = await post(place, answers);
    if (!outcomes && answers.length > 1) {
      for (const one of answers) await settle(place, [one]);
      return;
    }
    for (const [number, one] of answers.entries()) {
      const outcome = outcomes ? (outcomes[number] || {}).outcome : "refused";
      if (outcome === "refused") await store.put("answers", { ...one, refused: true });
      else if (outcome) await store.drop(one.id, one.revision);
      if (outcome === "closed" && place === code) closed = true;
    }
  };

  let sending = null, more = false;
  const send = () => {
    if (sending) { more = true; return sending; }
    sending = (async () => {
      const waiting = await waits();
      for (const place of new Set(waiting.map((one) => one.code))) {
        const there = waiting.filter((one) => one.code === place);
        try {
          for (let start = 0; start < there.length; start += BATCH) await settle(place, there.slice(start, start + BATCH));
        } catch { /* no line, or a server that is not well: what is kept is tried again */ }
      }
      await tell();
      sending = null;
      if (closed && ask) location.replace(home);
      if (more) { more = false; send(); }
    })();
    return sending;
  };

  // What waits is sent, here and after the place was closed; there is something new to see now and then, if there is a line.
  const comes = (answer) => { if (!current && (answer.ok || answer.status === 410)) location.replace(home); };
  const awake = () => { if (!document.hidden && navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => null); };
  let current = null, dead = 0, timer = 0;
  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  setInterval(send, AGAIN);
  setInterval(() => fetch(home, { cache: "no-store" }).then(comes).catch(() => null), REFRESH);
  tell();
  send();
  if (!ask) return;

  const comment = document.getElementById("comment"), heading = thanks.querySelector("h1");
  const isDead = () => performance.now() < dead;
  const after = (wait, work) => { clearTimeout(timer); timer = setTimeout(work, wait); };
  const idle = () => after(IDLE, () => { if (location.search) location.replace(home); });

  const begin = () => {
    clearTimeout(timer);
    current = null;
    comment.value = "";
    thanks.hidden = true;
    ask.hidden = false;
    document.body.classList.remove("thanked");
    dead = performance.now() + DEAD;
    if (location.search) location.replace(home);
    else if (document.activeElement) document.activeElement.blur();
  };

  const keepComment = () => {
    const said = comment.value.trim();
    return current && said ? store.put("answers", { ...current, comment: said, revision: current.revision + 1 }) : null;
  };

  const finish = async () => {
    clearTimeout(timer);
    await keepComment();
    begin();
    send();
  };

  ask.addEventListener("submit", (event) => event.preventDefault());
  ask.addEventListener("click", async (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    event.preventDefault();
    if (isDead() || current) return;
    dead = performance.now() + DEAD;
    current = { id: uuid(), code, revision: 0, value: Number(key.value), comment: "", language, answered: Date.now() };
    await store.put("answers", current);
    for (const line of thanks.querySelectorAll(".q")) line.hidden = line.dataset.for !== key.dataset.tone;
    ask.hidden = true;
    thanks.hidden = false;
    document.body.classList.add("thanked");
    heading.focus();
    after(THANKED, finish);
    send();
  });
  comment.addEventListener("input", () => after(TYPING, finish));
  comment.addEventListener("focus", () => after(IDLE, finish));
  thanks.addEventListener("submit", (event) => { event.preventDefault(); if (!isDead()) finish(); });

  document.addEventListener("contextmenu", (event) => event.preventDefault());
  for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, () => { if (!current) idle(); });
  addEventListener("pagehide", keepComment);
  document.addEventListener("visibilitychange", awake);
  awake();
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => false);
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(`${root}/k/worker.js?code=${code}`, { scope: `${root}/k/` }).catch(() => null);
  if (location.search) idle();
})();
