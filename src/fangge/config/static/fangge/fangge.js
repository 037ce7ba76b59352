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
  if (form.method === "post") form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
