#!/bin/sh
curl https://registry.npmjs.org/left-pad
cp a /tmp/build-mine/b
