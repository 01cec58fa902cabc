// node-redis as people use it: one transfer after another, through restarts of the server, until the file STOP is there.
// Prints how many were answered. clients_reconnect.py runs it.
//
//   node redis.js PORT STOP
const fs = require('fs');
const { createClient } = require('redis');

async function main() {
  const [port, stop] = process.argv.slice(2);
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => {}); // it connects again by itself
  await client.connect();
  let answered = 0;
  while (!fs.existsSync(stop)) {
    try {
      await client.sendCommand(['TRANSFER', `node-${answered}`, 'till', 'node', '0.01']);
      answered++;
    } catch (error) {
      if (/^[A-Z]+ /.test(error.message) && !error.message.startsWith('LOADING ')) throw error;
    }
  }
  await client.quit();
  console.log(answered);
}

main();
