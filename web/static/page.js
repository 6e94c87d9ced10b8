// Keeps what was filled in until it is sent, and sends without leaving the page. Everything works without it.
(() => {
  "use strict";
  // A browser that a program steers says so (W3C WebDriver); its answers are kept apart, see journey/signs.py.
  const tell = () => {
    for (const form of navigator.webdriver ? document.forms : []) {
      if (!form.elements.nonce || form.elements.automated) continue;
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "automated", value: "1" });
      form.append(field);
    }
  };
  tell();
  if (!window.fetch || !window.URLSearchParams) return;
  const prefix = "palaute:", key = prefix + location.pathname, fortnight = 12096e5;
  const survey = () => document.querySelector("form[data-unsent]");
  // Only behind a link of one's own, never within somebody else's page; a changed answer is in the form already.
  const keeps = (form) => "keep" in form.dataset && !form.elements.change;
  const store = (work) => { try { return self === top ? work(localStorage) : null; } catch { return null; } };
  const forget = () => store((kept) => kept.removeItem(key));
  const own = (field) => /^(value|comment|x-.+)$/.test(field.name);

  const keep = (form) => {
    const said = [...new FormData(form)].filter(([name, text]) => own({ name }) && text);
    store((kept) => kept.setItem(key, JSON.stringify({ at: Date.now(), said })));
  };

  const restore = () => {
    store((kept) => {
      for (const name of Object.keys(kept)) {
        if (name.startsWith(prefix) && !(Date.now() - JSON.parse(kept[name]).at < fortnight)) kept.removeItem(name);
      }
    });
    const form = survey();
    if (!form || !keeps(form)) return;
    const before = store((kept) => JSON.parse(kept.getItem(key)));
    const tapped = form.querySelector("[name=value]:checked");
    for (const [name, text] of (before || {}).said || []) {
      for (const field of [...form.elements].filter((one) => one.name === name && own(one) && !(tapped && name === "value"))) {
        if (field.type === "radio" || field.type === "checkbox") field.checked = field.checked || field.value === text;
        else if (!field.value) field.value = text;
      }
    }
  };

  // Beside Send, where the person looks.
  const complain = (form, words) => {
    for (const old of form.querySelectorAll(".problem")) old.remove();
    const line = document.createElement("p");
    Object.assign(line, { id: "problem", className: "problem late" });
    line.setAttribute("role", "alert");
    line.textContent = words;
    form.querySelector(".act").before(line);
    line.scrollIntoView({ block: "nearest" });
  };

  // Not now, or not so: the form stays, and what is wrong stands beside it.
  const kept = [408, 413, 429], patience = 3e4;
  const said = (page) => [...page.querySelectorAll("main h1, main .lead")].map((one) => one.textContent.trim().replace(/([^.!?])$/, "$1.")).join(" ");

  const show = (page, address) => {
    const parts = ["header", "main", "footer"].map((part) => [document.querySelector(part), page.querySelector(part)]);
    if (parts.some(([, next]) => !next)) throw new Error("not a page of ours");
    for (const [before, next] of parts) before.replaceWith(next);
    tell();
    document.title = page.title;
    if (address) history.replaceState(null, "", address);
    const next = document.querySelector("[autofocus]") || document.querySelector("h1");
    if (next.matches("h1")) next.tabIndex = -1;
    next.focus();
    scrollTo(0, 0);
    document.dispatchEvent(new Event("palaute"));
  };

  document.addEventListener("input", (event) => {
    const form = survey();
    if (form && form.contains(event.target) && keeps(form)) keep(form);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = form.querySelector("button");
    if (!form.dataset.unsent || !button) return;
    event.preventDefault();
    if (button.ariaDisabled) return;
    button.ariaDisabled = "true";
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), patience);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: stop.signal });
      if (!(answer.headers.get("content-type") || "").startsWith("text/html") || answer.status >= 500) throw new Error();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (kept.includes(answer.status)) complain(form, said(page));
      else show(page, answer.redirected && answer.url);
      if (answer.ok) forget();
    } catch {
      complain(form, form.dataset.unsent);
    }
    clearTimeout(timer);
    button.ariaDisabled = null;
  });

  restore();
})();
