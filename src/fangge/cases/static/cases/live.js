// What others do appears while the page is looked at: lists are drawn anew, a case says that it moved on.
const live = document.getElementById("live");
let source;
let last = "";
let changed = 0;

const redraw = async () => {
  const answer = await fetch(location.href, { headers: { "X-Background": "1" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["rows", "figures"]) {
    const fresh = page.getElementById(id);
    if (fresh && document.getElementById(id)) document.getElementById(id).replaceWith(document.importNode(fresh, true));
  }
};

const hear = (event) => {
  const { number, place } = JSON.parse(event.data);
  last = event.lastEventId;
  if (live.dataset.number) {
    if (number === live.dataset.number && place > Number(live.dataset.seen)) live.hidden = false;
    return;
  }
  // Who has picked cases keeps them: the page says that something changed, and waits.
  if (document.querySelector("#rows input:checked")) live.hidden = false;
  else { clearTimeout(changed); changed = setTimeout(redraw, 400); }
};

const open = () => {
  const url = new URL(live.dataset.url, location.href);
  if (last) url.searchParams.set("after", last);
  source = new EventSource(url);
  source.addEventListener("step", hear);
  source.addEventListener("error", () => {
    // Every place to look on is taken: look again in a minute.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (!document.hidden) open(); }, 60000);
  });
};

if (live) {
  document.addEventListener("visibilitychange", () => {
    source?.close();
    if (!document.hidden) open();
  });
  open();
  live.querySelector("button").addEventListener("click", () => location.reload());
}
