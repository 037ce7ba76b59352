// Tell before a session ends for want of work; pages that ask by themselves do not keep it alive.

const dialog = document.getElementById("stay");
const shown = dialog.querySelector("output");
const WARNED = Number(dialog.dataset.warned);
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
let endsAt = Date.now() + Number(dialog.dataset.seconds) * 1000;

const secondsLeft = () => Math.max(0, Math.round((endsAt - Date.now()) / 1000));

async function ask(url, method) {
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  if (method === "GET") headers["X-Background"] = "1";
  const answer = await fetch(url, { method, headers });
  if (!answer.ok || answer.redirected) return location.reload();
  endsAt = Date.now() + (await answer.json()).seconds * 1000;
}

async function look() {
  if (!dialog.open && secondsLeft() > WARNED) return;
  // Another window of the same session may have gone on working.
  if (!dialog.open || secondsLeft() === 0) await ask(dialog.dataset.left, "GET");
  if (secondsLeft() > WARNED) return dialog.open && dialog.close();
  if (secondsLeft() === 0) return location.reload();
  const left = secondsLeft();
  shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (!dialog.open) dialog.showModal();
}

setInterval(look, 1000);
document.addEventListener("visibilitychange", () => document.hidden || look());
dialog.querySelector("button[value=stay]").addEventListener("click", async (event) => {
  event.preventDefault();
  await ask(dialog.dataset.stay, "POST");
  dialog.close();
});
dialog.addEventListener("cancel", (event) => event.preventDefault());

// What htmx asks without anybody's doing comes without an event.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent) event.detail.headers["X-Background"] = "1";
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig?.triggeringEvent) endsAt = Date.now() + Number(dialog.dataset.full) * 1000;
});
