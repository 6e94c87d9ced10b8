// The kiosk's service worker: PAGES and FILES (above) are kept at install; pages come from the server while it answers.
"use strict";
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE)
    .then((kept) => kept.addAll([...PAGES, ...FILES].map((one) => new Request(one, { cache: "reload" }))))
    .then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((one) => one.startsWith("kiosk-") && one !== CACHE).map((one) => caches.delete(one))))
    .then(() => self.clients.claim()));
});

// Of a newer version the files are not here yet: it is kept when its own worker is installed.
const isWhole = async (answer) => {
  const text = await answer.text();
  return FILES.every((one) => text.includes(one));
};

const fresh = async (request) => {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(request.url, { signal: stop.signal, cache: "no-store", credentials: "same-origin" });
    if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    if (answer.ok && !answer.redirected && await isWhole(answer.clone())) await (await caches.open(CACHE)).put(request.url, answer.clone());
    return answer;
  } finally { clearTimeout(timer); }
};

const page = async (request) => {
  try { return await fresh(request); }
  catch { return (await caches.match(request.url)) || (await caches.match(PAGES[0])) || Response.error(); }
};

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  const path = address.pathname + address.search;
  if (PAGES.includes(path)) event.respondWith(page(request));
  else if (FILES.includes(path)) event.respondWith(caches.match(request.url).then((kept) => kept || fetch(request)));
});
