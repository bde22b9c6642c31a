// Lets a page follow the project that it is of. Runs in each page, where the server has put it, and again in a worker that
// all pages of the app share: browsers allow six connections to a server, and each tab would take one of them.
(() => {
  "use strict";

  /** Follows the stream of events, coming back whenever it ends: at each change of processes, and when the sandbox ends. */
  const follow = (url, onEvent) => {
    let source, timer, isOver = false, delay = 0;
    const open = () => {
      source = new EventSource(url);
      for (const type of ["status", "incomplete", "warning"]) {
        source.addEventListener(type, ({ data }) => {
          delay = 0;
          onEvent({ type, data });
        });
      }
      source.onerror = () => {
        // Not left to the browser: some wait for seconds.
        source.close();
        if (isOver) return;
        timer = setTimeout(open, delay);
        delay = Math.min(Math.max(50, delay * 2), 2000);
      };
    };
    open();
    return () => {
      isOver = true;
      clearTimeout(timer);
      source.close();
    };
  };

  // MARK: In the shared worker

  if (typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope) {
    const ports = new Set();
    // The status, and what was told to pages of late, for those that come late to learn of it.
    const latest = new Map();
    let stop;
    self.onconnect = (event) => {
      const port = event.ports[0];
      port.onmessage = () => {
        // The page says that it goes.
        ports.delete(port);
        if (ports.size === 0 && stop) {
          stop();
          stop = undefined;
          latest.clear();
        }
      };
      ports.add(port);
      for (const message of latest.values()) port.postMessage(message);
      stop ||= follow("/.hippo/events", (message) => {
        latest.set(message.type === "status" ? "status" : message.data, message);
        if (latest.size > 16) latest.delete([...latest.keys()].find((key) => key !== "status"));
        for (const port of ports) port.postMessage(message);
      });
    };
    return;
  }

  // MARK: In a page

  const script = document.currentScript;
  if (!script) return;
  const { method = "GET", request, status: statusSerial } = script.dataset;
  let { revision } = script.dataset;
  const base = script.src;
  script.remove();

  /** Whether this page has been loaded for that revision already, and is an older one nevertheless. */
  const isInVain = (wanted) => {
    const attempt = JSON.stringify([location.href, revision, wanted]);
    try {
      if (sessionStorage.getItem("hippo-dev") === attempt) return true;
      sessionStorage.setItem("hippo-dev", attempt);
    } catch {
      // Not allowed here: then nothing is remembered.
    }
    return false;
  };

  let isReloading = false;
  const reload = (wanted) => {
    if (isReloading) return;
    isReloading = true;
    const now = () => {
      // The browser would ask, and send the form again.
      if (method !== "GET") return notice.show(`A new revision serves. This page is the answer to a ${method}, so it is not reloaded.`);
      if (isInVain(wanted)) return notice.show("A new revision serves. This page comes from a cache that keeps an old one, such as a service worker's.");
      location.reload();
    };
    if (!document.hidden) return now();
    document.addEventListener("visibilitychange", function shown() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", shown);
      now();
    });
  };

  /** The style sheets that have changed since this page was made, if nothing else has. */
  const changedStyles = ({ session, changes }) => {
    const [pageSession, pageRevision] = revision.split("-");
    const index = changes.findLastIndex((change) => String(change.revision) === pageRevision);
    if (session !== pageSession || index < 0) return null;
    const later = changes.slice(index + 1);
    if (later.some((change) => !change.styles)) return null;
    return [...new Set(later.flatMap((change) => change.styles))];
  };

  const pathOf = (url) => {
    try {
      const { origin, pathname } = new URL(url, document.baseURI);
      return origin === location.origin ? decodeURIComponent(pathname).slice(1) : null;
    } catch {
      return null;
    }
  };

  const imports = (sheet, path) => {
    let rules;
    try {
      rules = [...sheet.cssRules];
    } catch {
      return false; // of another origin
    }
    return rules.some(
      (rule) => rule instanceof CSSImportRule && (pathOf(rule.href) === path || (rule.styleSheet && imports(rule.styleSheet, path)))
    );
  };

  /** Exchanges style sheets without a reload; false if the page has them in another way than by links. */
  const exchange = (paths) => {
    const links = [...document.querySelectorAll("link[rel~=stylesheet][href]")];
    const plan = paths.map((path) => links.filter((link) => pathOf(link.href) === path && !link.integrity));
    if (plan.some((found, index) => found.length === 0 || [...document.styleSheets].some((s) => imports(s, paths[index])))) {
      return false;
    }
    for (const link of new Set(plan.flat())) {
      const url = new URL(link.href);
      url.searchParams.set("hippo", revision);
      const next = link.cloneNode();
      next.href = url.href;
      // The old one stays until the new one is there, so that the page is never without.
      next.addEventListener("load", () => link.remove());
      next.addEventListener("error", () => link.remove());
      link.after(next);
    }
    return true;
  };

  const receive = ({ type, data }) => {
    const message = JSON.parse(data);
    if (type === "status") return receiveStatus(message);
    if (message.request !== request || message.revision !== revision) return;
    if (type === "warning") return notice.show(`The handler's response was put right: ${message.message}.`);
    overlay.show(data, { stage: type, message: message.message });
  };

  const receiveStatus = (status) => {
    if (!status.reload) return;
    if (statusSerial !== undefined) {
      if (String(status.serial) !== statusSerial || !revision.startsWith(status.session + "-")) {
        reload(`${status.session}-${status.serial}`);
      }
      return;
    }
    const current = `${status.session}-${status.revision}`;
    if (current !== revision && status.revision !== 0) {
      const styles = changedStyles(status);
      if (!styles) return reload(current);
      revision = current;
      if (!exchange(styles)) return reload(current);
    }
    overlay.update(status);
  };

  // MARK: What is shown

  const element = (name, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  /** An element of the page's own top layer, which neither takes from nor gives to the page's styles. */
  const layer = (css) => {
    const host = document.createElement("hippo-dev");
    const root = host.attachShadow({ mode: "open" });
    // Not subject to a policy for styles, as an element would be.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    document.documentElement.append(host);
    return { host, root };
  };

  const colors = `
    :host { all: initial; color-scheme: light dark; }
    * { box-sizing: border-box; }
    .face {
      --paper: light-dark(#fff, #1c1b1f); --ink: light-dark(#1d1b20, #eceaf0); --quiet: light-dark(#5f5b66, #a5a1ad);
      --line: light-dark(#e0dde4, #37353d); --well: light-dark(#f6f4f8, #141317); --alarm: light-dark(#b3261e, #ff8a80);
      --mark: light-dark(#fdecea, #3b1f1e);
      color: var(--ink); background: var(--paper); border: 1px solid var(--line);
      font: 15px/1.5 system-ui, sans-serif; text-align: start;
    }
    code, pre { font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    button {
      font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 6px;
      padding: 2px 12px; cursor: pointer;
    }
    button:hover { background: var(--well); }
    button:focus-visible { outline: 2px solid var(--alarm); outline-offset: 2px; }
  `;

  const isCovered = () => {
    if (window.top === window) return false;
    try {
      return window.top.location.origin === location.origin;
    } catch {
      return false;
    }
  };

  const titles = {
    build: "The build has failed",
    assemble: "The bindle cannot be put together",
    store: "The bindle cannot be stored",
    launch: "The app cannot be started",
    incomplete: "This page ends early",
  };

  const overlay = {
    shown: null,
    closed: null,

    update({ problem, building, revision: serving }) {
      if (!problem) return this.shown?.isPageOwn || this.hide();
      const key = JSON.stringify(problem);
      if (this.shown?.key === key) {
        this.shown.state.textContent = building ? "Building again …" : this.shown.text;
        return;
      }
      this.hide();
      // What has been closed stays so until there is news.
      if (this.closed === key || isCovered()) return;
      this.show(key, problem, serving);
    },

    hide() {
      if (!this.shown) return;
      const { host, dialog } = this.shown;
      this.shown = null;
      dialog.onclose = null;
      dialog.close(); // gives the focus back
      host.remove();
    },

    show(key, problem, serving) {
      const isPageOwn = serving === undefined;
      const { host, root } = layer(`${colors}
        dialog.face {
          width: min(60rem, calc(100vw - 2rem)); max-height: calc(100vh - 4rem); margin: 2rem auto auto; padding: 0;
          border-radius: 12px; border-top: 4px solid var(--alarm); overflow: auto;
          box-shadow: 0 16px 48px rgb(0 0 0 / .35);
        }
        dialog::backdrop { background: rgb(0 0 0 / .45); }
        header { display: flex; align-items: baseline; gap: 1rem; padding: 1.1rem 1.4rem .2rem; }
        h1 { font-size: 1.15rem; line-height: 1.3; font-weight: 650; margin: 0; color: var(--alarm); flex: 1; outline: none; }
        .place { margin: 0 1.4rem; color: var(--quiet); overflow-wrap: anywhere; }
        .message { margin: .6rem 1.4rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        .source { margin: 0; padding: .7rem 0; background: var(--well); border-block: 1px solid var(--line); overflow-x: auto; }
        .source div { display: flex; min-width: max-content; padding-inline: 1.4rem; white-space: pre; }
        .source .number { flex: none; width: 3.5em; padding-inline-end: 1em; text-align: end; color: var(--quiet); user-select: none; }
        .source .here { background: var(--mark); box-shadow: inset 3px 0 var(--alarm); }
        .place a { color: inherit; }
        .caret { color: var(--alarm); font-weight: bold; }
        footer { padding: .7rem 1.4rem .9rem; color: var(--quiet); font-size: .87em; }
      `);
      const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
      const text =
        (serving ? `Revision ${serving} goes on serving. ` : "") +
        (isPageOwn ? "Esc closes this." : "This goes away when it is mended. Esc closes it.");
      const state = element("footer", { textContent: text });
      state.setAttribute("role", "status");
      const close = element("button", { type: "button", textContent: "Close" });
      const dialog = element(
        "dialog",
        { className: "face" },
        element("header", {}, element("h1", { id: "title", tabIndex: -1, textContent: titles[problem.stage] ?? "Something has failed" }), close)
      );
      // Rather than the button, so that a key meant for the page does not close it.
      dialog.querySelector("h1").autofocus = true;
      dialog.setAttribute("aria-labelledby", "title");
      dialog.setAttribute("aria-describedby", "message");
      const code = element("code", { textContent: place });
      const link = problem.link ? element("a", { href: problem.link, title: "Open in the editor" }, code) : code;
      if (place) dialog.append(element("p", { className: "place" }, link));
      // Colours of terminals mean nothing here.
      const message = problem.message.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)/g, "");
      const paragraph = (id, content) => element(content.includes("\n") ? "pre" : "p", { id, className: "message", textContent: content });
      if (problem.excerpt) {
        // What is wrong, then the source, then what else the compiler says.
        const [headline, ...rest] = message.split("\n");
        dialog.append(paragraph("message", headline), this.source(problem));
        if (rest.length > 0) dialog.append(paragraph("details", rest.join("\n")));
      } else {
        dialog.append(paragraph("message", message));
      }
      dialog.append(state);
      close.onclick = () => dialog.close();
      dialog.onclose = () => {
        this.closed = key;
        this.hide();
      };
      root.append(dialog);
      this.shown = { key, host, dialog, state, text, isPageOwn };
      this.closed = null;
      dialog.showModal();
    },

    source({ excerpt, line, column }) {
      const block = element("pre", { className: "source", tabIndex: 0 });
      block.setAttribute("aria-label", "Source");
      for (const { number, text } of excerpt) {
        const row = element("div", {}, element("span", { className: "number", textContent: number }), element("span", { textContent: text }));
        block.append(row);
        if (number !== line) continue;
        row.className = "here";
        row.setAttribute("aria-current", "true");
        if (!column || column > text.length + 1) continue;
        const gap = [...text].slice(0, column - 1).map((character) => (character === "\t" ? "\t" : " ")).join("");
        const caret = element("span", {}, gap, element("span", { className: "caret", textContent: "^" }));
        const below = element("div", {}, element("span", { className: "number" }), caret);
        below.setAttribute("aria-hidden", "true");
        block.append(below);
      }
      return block;
    },
  };

  /** For pages that cannot be brought up to date, or whose response was odd. */
  const notice = {
    shown: new Set(),

    show(message) {
      // After a change of processes, it may be told again.
      if (isCovered() || this.shown.has(message)) return;
      this.shown.add(message);
      const { host, root } = layer(`${colors}
        .face {
          position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483647; display: flex; gap: 1rem; align-items: center;
          max-width: calc(100vw - 2rem); padding: .7rem 1rem; border-radius: 10px; box-shadow: 0 8px 24px rgb(0 0 0 / .3);
        }
      `);
      const close = element("button", { type: "button", textContent: "Close" });
      close.onclick = () => host.remove();
      const text = element("span", { textContent: message });
      const box = element("div", { className: "face" }, text, close);
      box.setAttribute("role", "status");
      root.append(box);
    },
  };

  // MARK: Connecting

  let disconnect = () => {};

  const connectAlone = () => {
    disconnect = follow(new URL("events", base), receive);
  };

  const connect = () => {
    let worker;
    try {
      worker = new SharedWorker(base, { name: "hippo-dev" });
    } catch {
      return connectAlone(); // not there, or not allowed by the page's policy
    }
    worker.onerror = () => {
      disconnect();
      connectAlone();
    };
    worker.port.onmessage = (event) => receive(event.data);
    disconnect = () => {
      worker.port.postMessage("close");
      worker.port.close();
    };
  };

  // A page that is kept for going back to must not be connected meanwhile, and must learn what it has missed.
  addEventListener("pagehide", () => disconnect());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isReloading = false;
    connect();
  });
  connect();
})();
