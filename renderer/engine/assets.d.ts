/** Files that the build puts beside the script; the import is their URL. */
declare module "*?url" {
  const url: string;
  export default url;
}
