// Say which files were chosen: the inputs themselves are drawn as buttons.
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-picks]")) return;
  const field = event.target.closest(".picks");
  const names = [...field.querySelectorAll("input[type=file]")].flatMap((one) => [...one.files].map((file) => file.name));
  const told = field.querySelector(".picked");
  told.dataset.hint ??= told.textContent;
  told.textContent = names.length ? names.join(" · ") : told.dataset.hint;
});

// Cases picked in the list: the bar says how many, and asks for what the act needs.
const bar = document.getElementById("bulk-bar");
if (bar) {
  const boxes = () => [...document.querySelectorAll("#rows input[name=case]")];
  const desk = bar.querySelector("[data-for]");
  const verb = document.getElementById("bulk-verb");
  const tell = () => {
    const n = boxes().filter((one) => one.checked).length;
    bar.hidden = n === 0;
    bar.querySelector("[data-n-picked]").textContent = n;
    if (desk) desk.hidden = verb.value !== desk.dataset.for;
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-picks-all]")) boxes().forEach((one) => { one.checked = event.target.checked; });
    tell();
  });
  tell();
}

document.querySelector("[data-prints]")?.addEventListener("click", () => window.print());

// An answer that is chosen fills the field without a reload; what was typed there by hand is kept above it.
document.addEventListener("click", (event) => {
  const chosen = event.target.closest("a[data-fills]");
  if (!chosen) return;
  event.preventDefault();
  const note = document.getElementById(chosen.dataset.fills);
  const own = (note.dataset.filled ? note.value.replace(note.dataset.filled, "") : note.value).trim();
  note.value = own ? `${own}\n${chosen.dataset.text}` : chosen.dataset.text;
  note.dataset.filled = chosen.dataset.text;
  note.rows = 6;
  note.focus();
});
