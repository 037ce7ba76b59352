// Say which files were chosen: the inputs themselves are drawn as buttons.
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-picks]")) return;
  const field = event.target.closest(".picks");
  const names = [...field.querySelectorAll("input[type=file]")].flatMap((one) => [...one.files].map((file) => file.name));
  const told = field.querySelector(".picked");
  told.dataset.hint ??= told.textContent;
  told.textContent = names.length ? names.join(" · ") : told.dataset.hint;
});
