// A visit to vmsd with the npm package `onvif`: node onvif_face_client.js MODULE ADDRESS USER PASSWORD. Ends with 1 when something is wrong.
'use strict';
const assert = require('assert');
const { execFileSync } = require('child_process');
const [module_, address, username, password] = process.argv.slice(2);
const { Cam } = require(module_);

const url = new URL(address);
const connect = (secret) => new Promise((done, failed) => {
  const where = { hostname: url.hostname, port: url.port, path: url.pathname, timeout: 10000 };
  const camera = new Cam({ ...where, username, password: secret }, (error) => (error ? failed(error) : done(camera)));
});
const ask = (camera, method, ...options) => new Promise((done, failed) => {
  camera[method](...options, (error, answer) => (error ? failed(error) : done(answer)));
});

/// The codec that ffprobe finds at the address.
const codecAt = (uri) => {
  const target = Object.assign(new URL(uri), { username, password });
  return execFileSync('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', '-select_streams', 'v', '-show_entries', 'stream=codec_name',
    '-of', 'csv=p=0', target.href], { encoding: 'utf8', timeout: 30000 }).trim();
};

(async () => {
  const camera = await connect(password);
  assert.strictEqual((await ask(camera, 'getDeviceInformation')).model, 'Watchrig VMS');
  assert.deepStrictEqual(camera.profiles.map((profile) => profile.$.token), ['c1-main', 'c1-sub', 'c2-main', 'c3-main', 'c3-sub', 'c3-sub2']);
  const { uri } = await ask(camera, 'getStreamUri', { protocol: 'RTSP', profileToken: 'c1-main' });
  assert.strictEqual(codecAt(uri), 'h264');
  assert.match((await ask(camera, 'getSnapshotUri', { profileToken: 'c1-main' })).uri, /\/onvif\/snapshot\/c1-main$/);
  const dome = { profileToken: 'c3-main' };
  assert.ok(camera.profiles[3].PTZConfiguration);
  assert.ok((await ask(camera, 'getNodes')).c3);
  // Another of the test's clients may still have the head.
  for (let moved = false; !moved;) {
    moved = await ask(camera, 'continuousMove', { ...dome, x: -0.5, timeout: 1000 }).then(() => true, (error) => assert.match(error.message, /steers this camera/));
  }
  await ask(camera, 'stop', { ...dome, panTilt: true });
  assert.ok('x' in (await ask(camera, 'getStatus', dome)).position);
  assert.ok(Math.abs(await ask(camera, 'getSystemDateAndTime') - Date.now()) < 60000);
  assert.ok((await ask(camera, 'getScopes')).length >= 1);
  assert.ok([].concat(await ask(camera, 'getNetworkInterfaces')).length >= 1);
  await ask(camera, 'createUsers', [{ username: 'guest', password: 'Of.npm.77', userLevel: 'User' }]);
  assert.ok((await ask(camera, 'getUsers')).some((user) => user.username === 'guest'));
  await ask(camera, 'deleteUsers', ['guest']);
  // The client connects all the same, since the first questions are answered to everybody.
  await assert.rejects(connect('wrong').then((stranger) => ask(stranger, 'getDeviceInformation')));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
