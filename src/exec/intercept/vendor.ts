/** The vendor's host of the API; what a program under `exec` asks of it, the emulator answers. */
export const vendorHost = 'api.bytenite.com'

/** Tells if a host name, as a client wrote it, is the vendor's. */
export const isVendorHost = (host: string): boolean => host.toLowerCase().replace(/\.$/, '') === vendorHost

/** Tells if a host, as a client wrote it, can only be this machine. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|0\.0\.0\.0|\[?::\]?|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i.test(
    host.replace(/\.$/, ''),
  )
