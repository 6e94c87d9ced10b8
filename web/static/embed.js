// Palaute: a survey within this page. <script src=".../embed.js" data-place="CODE" async></script>
(() => {
  "use strict";
  const script = document.currentScript, set = script.dataset, place = set.place, day = 864e5;
  const base = new URL(".", script.src), origin = base.origin, key = "palaute:" + place;
  const kept = (work) => { try { return work(localStorage); } catch { return null; } };
  const rest = (days) => kept((store) => store.setItem(key, Date.now() + days * day));
  if (!place || kept((store) => store.getItem(key)) > Date.now()) return;

  const known = () => { try { return JSON.parse(atob(set.context.split(".")[0].replace(/-/g, "+").replace(/_/g, "/"))); } catch { return {}; } };
  const lang = set.lang || known().language || document.documentElement.lang.slice(0, 2) || "en";
  const [ask, title, shut] = {
    fi: ["Anna palautetta", "Kysely", "Sulje"],
    sv: ["Ge feedback", "Enkät", "Stäng"],
  }[lang] || ["Give feedback", "Survey", "Close"];
  const make = (tag, has) => Object.assign(document.createElement(tag), has);
  const query = new URLSearchParams({ origin: location.origin, lang });
  if (set.context) query.set("signed", 1);
  if (set.scheme) query.set("scheme", set.scheme);
  if (set.mode) query.set("mode", set.mode);
  const frame = make("iframe", { title: set.title || title, src: `${base}e/${place}?${query}` });
  frame.style.cssText = "display:block;visibility:hidden;width:100%;max-width:736px;height:0;border:0;border-radius:14px;color-scheme:normal";
  let there, answered, silent, close = () => {}, gone = () => frame.remove();
  // What is silent is no survey: no server, or not for this page.
  frame.addEventListener("load", () => { silent = setTimeout(() => there || gone(), 2e3); });

  addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== frame.contentWindow || !event.data) return;
    const { palaute, height } = event.data;
    if (palaute === "ready" && set.context) event.source.postMessage({ context: set.context }, origin);
    if (palaute === "height" && height > 0) {
      there = true;
      Object.assign(frame.style, { height: Math.min(height, 4000) + "px", visibility: "" });
    }
    if (palaute === "escape") close();
    if (palaute === "closed") gone();
    if (palaute === "answered") {
      answered = true;
      rest(set.every || 90);
      script.dispatchEvent(new CustomEvent("palaute", { bubbles: true, detail: "answered" }));
    }
  });

  const begin = () => {
    if (set.mode !== "popup") {
      const into = set.into && document.querySelector(set.into);
      into ? into.append(frame) : script.after(frame);
      return;
    }

    const box = make("div"), root = box.attachShadow({ mode: "open" }), sheet = new CSSStyleSheet();
    sheet.replaceSync(`
button{font:600 16px/1.2 system-ui,sans-serif;min-width:44px;min-height:44px;cursor:pointer;border:1px solid transparent}
button:focus-visible{outline:3px solid #ACCENT;outline-offset:2px}
.open{position:fixed;z-index:2147483000;bottom:16px;inset-inline-end:16px;padding:12px 20px;border-radius:24px;background:#ACCENT;color:#ON_ACCENT;box-shadow:0 2px 12px #0004}
dialog{position:fixed;inset:auto 16px 16px auto;box-sizing:border-box;width:min(26rem,100vw - 32px);min-height:8rem;max-width:none;max-height:calc(100vh - 32px);margin:0;padding:0;overflow:auto;border:1px solid #858da0;border-radius:14px;background:Canvas;box-shadow:0 8px 40px #0005}
dialog:dir(rtl){inset:auto auto 16px 16px}
dialog::backdrop{background:#0003}
.shut{position:sticky;top:0;float:inline-end;z-index:1;margin-bottom:-44px;border-radius:14px;background:none;color:inherit;font-size:22px}
@media(max-width:30rem){dialog{inset:auto 0 0;width:100%;border-radius:14px 14px 0 0}}`);
    root.adoptedStyleSheets = [sheet];
    const own = set.button && document.querySelector(set.button);
    const button = own || make("button", { type: "button", className: "open", textContent: set.label || ask });
    const dialog = make("dialog");
    const cross = make("button", { type: "button", className: "shut", textContent: "×" });
    dialog.setAttribute("aria-label", frame.title);
    cross.setAttribute("aria-label", shut);
    box.lang = lang;
    button.setAttribute("aria-haspopup", "dialog");
    button.addEventListener("click", () => {
      if (!frame.parentNode) dialog.append(frame);
      dialog.showModal();
    });
    close = () => dialog.close();
    gone = () => { close(); button.remove(); };
    cross.addEventListener("click", close);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
    dialog.addEventListener("close", () => {
      button.focus();
      clearTimeout(silent);
      // Closed before it was shown: browsers let what nobody sees sleep, so it is loaded anew.
      there ? rest(answered ? set.every || 90 : set.pause || 14) : frame.remove();
      if (answered && !own) button.remove();
    });
    dialog.append(cross);
    root.append(own ? "" : button, dialog);
    document.body.append(box);
  };
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", begin) : begin();
})();
