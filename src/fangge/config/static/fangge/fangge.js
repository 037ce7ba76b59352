// Keys that work on every page: "/" to search, j and k to move in a list, Enter to open.

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

function rows() {
  return [...document.querySelectorAll("table[data-keys] tbody tr")];
}

function moveTo(row) {
  rows().forEach((other) => other.removeAttribute("aria-selected"));
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const list = rows();
  const at = list.findIndex((row) => row.hasAttribute("aria-selected"));
  if (event.key === "/") {
    document.getElementById("search")?.focus();
  } else if (event.key === "j" && list.length) {
    moveTo(list[Math.min(at + 1, list.length - 1)]);
  } else if (event.key === "k" && list.length) {
    moveTo(list[Math.max(at - 1, 0)]);
  } else if (event.key === "Enter" && at >= 0 && event.target === document.body) {
    list[at].querySelector("a")?.click();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else {
    return;
  }
  event.preventDefault();
});

// A form that was sent is not sent again by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  // A form that gives a file leaves the page where it is: it may be sent again.
  if (form.method === "post" && !("again" in form.dataset)) form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// Suggestions under the search field, as people type; arrows choose, Enter opens.
const search = document.querySelector("input[data-suggest]");
if (search) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.hidden = true;
  search.after(list);
  Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": "suggestions" })
    .forEach(([name, value]) => search.setAttribute(name, value));
  let waiting = 0;
  let asked = 0;

  const show = (suggestions) => {
    const base = new URL(search.dataset.suggest, location.href);
    list.replaceChildren(...suggestions.map(({ label, url }, i) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = new URL(url, base);
      link.textContent = label;
      link.tabIndex = -1;
      item.id = `suggestion-${i}`;
      item.setAttribute("role", "option");
      item.append(link);
      return item;
    }));
    list.hidden = suggestions.length === 0;
    search.setAttribute("aria-expanded", String(!list.hidden));
    search.removeAttribute("aria-activedescendant");
  };

  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const turn = ++asked;
      if (!search.value.trim()) return show([]);
      const answer = await fetch(`${search.dataset.suggest}?q=${encodeURIComponent(search.value)}`, { headers: { Accept: "application/json" } });
      if (answer.ok && turn === asked) show((await answer.json()).suggestions);
    }, 180);
  });
  search.addEventListener("keydown", (event) => {
    const items = [...list.children];
    const at = items.findIndex((item) => item.hasAttribute("aria-selected"));
    if (event.key === "Escape") show([]);
    if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      items[at].querySelector("a").click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !items.length) return;
    event.preventDefault();
    items[at]?.removeAttribute("aria-selected");
    const next = items[(at + step + items.length) % items.length];
    next.setAttribute("aria-selected", "true");
    search.setAttribute("aria-activedescendant", next.id);
  });
  search.addEventListener("blur", () => setTimeout(() => show([]), 200));
}

// A table wider than the screen can be scrolled by keys too.
const markWide = () => {
  for (const wrap of document.querySelectorAll(".table-wrap, .matrix-wrap")) {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
    else wrap.removeAttribute("tabindex");
  }
};
markWide();
window.addEventListener("resize", markWide);
