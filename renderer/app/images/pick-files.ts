/** The system's own dialog for files: the person chooses, and nothing else is read. */
export function pickFiles(kind: "images" | "files", chosen: (files: File[]) => void): void {
  const input = document.createElement("input");
  input.type = "file";
  if (kind === "images") input.accept = "image/*";
  input.multiple = true;
  input.hidden = true;
  input.setAttribute("aria-label", kind === "images" ? "Images to add" : "Files to add");
  input.addEventListener("change", () => {
    input.remove();
    chosen([...(input.files ?? [])]);
  });
  input.addEventListener("cancel", () => input.remove());
  // In the page, or it could be collected while the dialog is open.
  document.body.append(input);
  input.click();
}
