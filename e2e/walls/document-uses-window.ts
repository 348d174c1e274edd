/** In renderer/document: there is no DOM. */
export const width: number = window.innerWidth;
