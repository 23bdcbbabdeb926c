// Looks for cameras with the npm package `onvif`: node discovery_client.js MODULE. Prints the address of each service found, one a line.
'use strict';
const [module_] = process.argv.slice(2);
const { Discovery } = require(module_);

Discovery.probe({ device: 'lo', timeout: 2000 }, (error, cameras) => {
  if (error) {
    console.error(error);
    process.exit(1);
  }
  for (const camera of cameras) console.log(`http://${camera.hostname}:${camera.port}${camera.path}`);
});
