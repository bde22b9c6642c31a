// Text into the page. Guests and strangers choose names, targets and lines: they are never HTML.

export const $ = id => document.getElementById(id);

/** An element with a text or with others in it. */
export function element(name, content, className) {
  const made = document.createElement(name);
  if (Array.isArray(content)) made.append(...content.filter(part => part !== undefined));
  else if (content instanceof Node) made.append(content);
  else if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

/** A row of a table. A cell is a text or an element, and its class. */
export function row(cells) {
  return element("tr", cells.map(cell => {
    const [content, className] = Array.isArray(cell) ? cell : [cell];
    return element("td", content, className);
  }));
}

/** A button that does something, which may fail. */
export function button(text, action, label) {
  const made = element("button", text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", () => attempt(action, made));
  return made;
}

export function link(href, text) {
  const made = element("a", text);
  made.href = href;
  return made;
}

export const time = seconds => new Date(seconds * 1000).toLocaleTimeString(undefined, { hour12: false });
export const date = seconds => new Date(seconds * 1000).toLocaleString(undefined, { hour12: false });
export const duration = milliseconds => milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds).toString();

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let power = 0;
  for (bytes /= 1000; bytes >= 1000 && power < units.length - 1; power += 1) bytes /= 1000;
  return `${bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[power]}`;
}

/** Saves something as a file of the user's. */
export function download(blob, name) {
  const made = link(URL.createObjectURL(blob));
  made.download = name;
  made.click();
  setTimeout(() => URL.revokeObjectURL(made.href), 10000);
}

let fail = error => { throw error; };

/** Lets a function say what goes wrong from now on. */
export function onFailure(tell) { fail = tell; }

/** Does what may fail: what goes wrong is said, and what is shown stays. A button does nothing more meanwhile. */
export async function attempt(work, busy) {
  if (busy) busy.disabled = true;
  try {
    await work();
  } catch (error) {
    fail(error);
  } finally {
    if (busy) busy.disabled = false;
  }
}

/** Calls `work` when nothing has been typed into a field for a moment. */
export function whenTyped(field, work) {
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => attempt(work), 150);
  });
}

/** Opens a dialog. It closes by its button, by Escape, and by a click outside of it. */
export function openDialog(dialog) {
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
}

/** A list that is fetched by pages: the first one again when something has changed, and more when it is asked for. */
export class PagedList {
  offset = 0;
  latest = 0;

  constructor(rows, more, fetchPage) {
    Object.assign(this, { rows, more, fetchPage });
    more.addEventListener("click", () => attempt(() => this.show(this.offset), more));
  }

  /** Shows the page at an offset; `fetchPage` gives `{ rows, total, last }`, where `last` follows the rows of the first page. */
  async show(offset = 0) {
    const call = ++this.latest;
    const page = await this.fetchPage(offset);
    // Somebody has asked for something else meanwhile.
    if (call !== this.latest) return;
    if (offset === 0) this.rows.replaceChildren(...page.rows, ...page.last ?? []); else this.rows.append(...page.rows);
    this.offset = offset + page.rows.length;
    this.more.hidden = this.offset >= page.total;
  }
}
