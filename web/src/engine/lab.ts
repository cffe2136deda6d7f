/** Loads the wasm of an engine. The only file that imports the generated glue. */
export async function loadVersion(): Promise<string> {
  const glue = await import('../../wasm/dledger/quorumscope.js');
  await glue.default();
  return glue.version();
}
