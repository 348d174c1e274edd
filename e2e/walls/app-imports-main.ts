/** In renderer/app: of electron/ only the contract can be seen. */
export { appOrigin } from "../../electron/policy/origin.ts";
