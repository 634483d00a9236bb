import type { Principal } from '../store/passage.js';

/** The caller on a loopback address without configured keys. */
export const LOCAL_MAINTAINER: Principal = Object.freeze({
  id: 'local',
  access: Object.freeze(['group:everyone']),
  readsAll: true,
});

/** `principalOf` for a server that only this machine can reach. */
export const localPrincipal = (): Principal => LOCAL_MAINTAINER;
