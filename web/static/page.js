// Keeps the comment through a reload and sends without leaving the page. Everything works without it.
(() => {
  "use strict";
  if (!window.fetch || !window.URLSearchParams) return;
  const key = "palaute" + location.pathname;
  const kept = (work) => { try { return work(sessionStorage); } catch { return null; } };
  const restore = () => {
    const box = document.querySelector("form[data-unsent] textarea");
    if (box && !box.value) box.value = kept((store) => store.getItem(key)) || "";
  };

  const complain = (form) => {
    let line = document.getElementById("problem");
    if (!line) {
      line = document.createElement("p");
      line.id = "problem";
      line.className = "problem";
      form.prepend(line);
    }
    line.setAttribute("role", "alert");
    line.textContent = form.dataset.unsent;
  };

  const show = (page, address) => {
    const parts = ["header", "main", "footer"].map((part) => [document.querySelector(part), page.querySelector(part)]);
    if (parts.some(([, next]) => !next)) throw new Error("not a page of ours");
    for (const [before, next] of parts) before.replaceWith(next);
    document.title = page.title;
    if (address) history.replaceState(null, "", address);
    const next = document.querySelector("[autofocus]") || document.querySelector("h1");
    if (next.matches("h1")) next.tabIndex = -1;
    next.focus();
    scrollTo(0, 0);
  };

  document.addEventListener("input", (event) => {
    if (event.target.matches("form[data-unsent] textarea")) kept((store) => store.setItem(key, event.target.value));
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = form.querySelector("button");
    if (!form.dataset.unsent || !button) return;
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!(answer.headers.get("content-type") || "").startsWith("text/html") || answer.status >= 500) throw new Error();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      show(page, answer.redirected && answer.url);
      if (answer.ok) kept((store) => store.removeItem(key));
    } catch {
      complain(form);
      button.disabled = false;
    }
  });

  restore();
})();
