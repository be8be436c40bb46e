#!/usr/bin/env node
// No static imports: they would be loaded before the version is looked at, and stay in the launcher.
const [major = 0] = process.versions.node.split('.').map(Number);
const [, , command] = process.argv;
/** Stands first where the launcher has started this process, which then becomes the host. */
const LAUNCHED = '--launched';

if (major < 24) {
  process.stderr.write(`drowse: Node ${process.versions.node} is too old; drowse needs Node 24 or newer.\n`);
  process.exitCode = 1;
} else if (command === 'serve') {
  const { launch } = await import('./launcher.ts');
  launch([import.meta.filename, LAUNCHED, ...process.argv.slice(2)], { name: 'host' });
} else if (command === 'run' && process.argv[3] !== undefined && !process.argv[3].startsWith('-')) {
  const { launch } = await import('./launcher.ts');
  const { LAUNCHED_MODULE, READY_AFTER_MS } = await import('./run-script.ts');
  const flags = ['--import', LAUNCHED_MODULE];
  launch(process.argv.slice(3), { name: 'script', flags, readyAfterMs: READY_AFTER_MS });
} else {
  const { main } = await import('./main.ts');
  await main(process.argv.slice(command === LAUNCHED ? 3 : 2));
}

export {};
