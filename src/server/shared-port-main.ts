/**
 * Sends the socket it is sent back as often as its argument says, each time as another descriptor.
 */
const count = Number(process.argv[2]);

process.on('message', (_message, handle) => {
  let left = count;
  for (let i = 0; i < count; i++) {
    process.send!('copy', handle, {}, () => {
      left--;
      if (left === 0) process.disconnect();
    });
  }
});
