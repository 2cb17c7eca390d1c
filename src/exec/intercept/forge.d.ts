// Parts of node-forge that are loaded without the rest. They fill one object with the types of the whole.
declare module 'node-forge/lib/forge.js' {
  import forge from 'node-forge'
  export default forge
}
declare module 'node-forge/lib/x509.js' {}
