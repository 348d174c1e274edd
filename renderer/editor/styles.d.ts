/** Style sheets of packages, for their effect alone. */
declare module "katex/dist/katex.min.css";
