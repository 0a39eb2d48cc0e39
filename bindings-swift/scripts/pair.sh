# Starts the sandbox and the FastAPI signer of Examples/Signer, each as a program of its own on a free port of
# 127.0.0.1, and names them to the tests in POSA_PAIR_*. Sourced by test.sh, whose end is theirs.
pair=$work/pair
python=$pair/python/bin/python

pair_environment() {
    command -v python3 >/dev/null || return 1
    [ -x "$python" ] || python3 -m venv "$pair/python" || return 1
    "$python" -m pip install --quiet --disable-pip-version-check --requirement Examples/Signer/requirements.txt ||
        return 1
    # The wheel that the Python tests have built, or one of our own.
    ls "$target"/python/dist/posa-*.whl >/dev/null 2>&1 ||
        { "$python" -m pip install --quiet --disable-pip-version-check maturin &&
            "$python" -m maturin build --quiet --manifest-path ../bindings-python/Cargo.toml --profile dev \
                --out "$target/python/dist"; } || return 1
    "$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps \
        "$target"/python/dist/posa-*.whl
}

# Waits for a program to say something in a file: `said FILE PATTERN PID`
said() {
    for _ in $(seq 200); do
        grep -qE "$2" "$1" 2>/dev/null && return
        kill -0 "$3" 2>/dev/null || break
        sleep 0.05
    done
    cat "$1" >&2
    return 1
}

pair_start() {
    # What an earlier run said is not what this one says.
    rm -f "$pair"/ready.json "$pair"/*.log
    "$python" -m posa sandbox --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --ready-file "$pair/ready.json" \
        >"$pair/sandbox.log" 2>&1 &
    pids=$!
    trap 'kill $pids 2>/dev/null || true' EXIT
    said "$pair/ready.json" '"pid"' "$pids"
    ready() { "$python" -c "import json, sys; print(json.load(open('$pair/ready.json'))['$1'])"; }
    POSA_PARTNER_ID=$(ready partner_id) POSA_ENDPOINT=$(ready url) POSA_REGION=$(ready region) \
        POSA_ACCESS_KEY_ID=$(ready access_key_id) POSA_SECRET_ACCESS_KEY=$(ready secret_access_key) \
        SIGNER_TOKEN=a-token-of-the-till SIGNER_ID_TAG=S001 SIGNER_STORE=S1 SIGNER_LIMIT=100.00 \
        "$python" -m uvicorn --factory signer:create_app --app-dir Examples/Signer --host 127.0.0.1 --port 0 \
        >"$pair/signer.log" 2>&1 &
    pids="$pids $!"
    said "$pair/signer.log" 'running on http' $!
    POSA_PAIR_SIGNER=$(sed -nE 's/.*running on (http:[^ ]+).*/\1/p' "$pair/signer.log")
    export POSA_PAIR_SIGNER POSA_PAIR_TOKEN=a-token-of-the-till POSA_PAIR_READY=$pair/ready.json
}

mkdir -p "$pair"
if pair_environment; then
    pair_start
else
    untested "the till with the FastAPI signer: python3 with venv, pip and the posa wheel cannot be had"
fi
