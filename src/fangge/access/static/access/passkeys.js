// Passkeys: ask the server what to ask, ask the device, and bring its answer back.

const decode = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withId = (held) => ({ ...held, id: decode(held.id) });

async function post(url, token, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.redirected) {
    location.assign(answer.url);
    return new Promise(() => {});
  }
  return { status: answer.status, told: answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {} };
}

async function makeKey({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: decode(publicKey.challenge),
      user: withId(publicKey.user),
      excludeCredentials: (publicKey.excludeCredentials ?? []).map(withId),
    },
  });
  const { clientDataJSON, attestationObject } = made.response;
  return {
    id: made.id, rawId: encode(made.rawId), type: made.type, clientExtensionResults: {},
    response: { clientDataJSON: encode(clientDataJSON), attestationObject: encode(attestationObject) },
  };
}

async function useKey({ publicKey }) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: decode(publicKey.challenge),
      allowCredentials: (publicKey.allowCredentials ?? []).map(withId),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  return {
    id: used.id, rawId: encode(used.rawId), type: used.type, clientExtensionResults: {},
    response: {
      clientDataJSON: encode(clientDataJSON), authenticatorData: encode(authenticatorData),
      signature: encode(signature), ...(userHandle ? { userHandle: encode(userHandle) } : {}),
    },
  };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const fault = form.querySelector(".fault");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    fault.hidden = true;
    button.disabled = true;
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const { told: asked } = await post(form.dataset.ask, token, {});
      const isNew = form.dataset.passkey === "new";
      const answer = isNew ? await makeKey(asked) : await useKey(asked);
      const body = isNew ? { answer, name: form.elements.name.value } : answer;
      const { status, told } = await post(form.action, token, body);
      if (status === 200) return location.assign(told.next);
      fault.textContent = told.detail ?? fault.dataset.locked ?? fault.dataset.stopped;
    } catch {
      fault.textContent = fault.dataset.stopped;
    }
    fault.hidden = false;
    button.disabled = false;
  });
}
