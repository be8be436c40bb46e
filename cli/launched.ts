// Loaded before a script that "drowse run" starts: where the launcher dies, the script is asked to stop, as by Ctrl-C.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening holds the channel, and thereby the process.
process.channel?.unref();
