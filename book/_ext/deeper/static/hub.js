/* Links for a JupyterHub with nbgitpuller: https://nbgitpuller.readthedocs.io/en/latest/link.html */
for (const form of document.querySelectorAll("form.hub-link")) {
  const { hub, repo, branch, path } = form.elements;
  const output = form.querySelector("output");
  const copy = form.querySelector("button");
  const before = output.textContent;
  form.addEventListener("input", () => {
    const ready = hub.value && form.checkValidity() && repo.value && branch.value;
    copy.hidden = !ready;
    copy.textContent = "Copy the link";
    if (!ready) { output.textContent = before; return; }
    const folder = repo.value.replace(/\/+$/, "").replace(/\.git$/, "").split("/").at(-1);
    const query = new URLSearchParams({
      repo: repo.value, branch: branch.value, urlpath: `lab/tree/${folder}/${path.value}`,
    });
    const link = document.createElement("a");
    link.href = `${hub.value.replace(/\/+$/, "")}/hub/user-redirect/git-pull?${query}`;
    link.textContent = link.href;
    output.replaceChildren(link);
  });
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(output.textContent);
    copy.textContent = "Copied";
  });
}
