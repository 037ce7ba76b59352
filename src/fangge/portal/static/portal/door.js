// The slip's square carries the code behind the #, where no server and no log sees it.
const field = document.querySelector("[data-code]");
const code = decodeURIComponent(location.hash.slice(1));
if (field && /^[0-9A-Z-]{5,20}$/i.test(code)) {
  field.value = code;
  history.replaceState(null, "", location.pathname);
  document.querySelector("#last")?.focus();
}
