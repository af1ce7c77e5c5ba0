# shellcheck shell=bash
# Whom the gateway calls: the providers that are set, or, where none is, the simulator of tests/TokenSense.Simulator.
# It costs nothing, and a laptop needs no keys. What runs is kept in local.env as PROVIDERS: "simulated" or ids.

SIMULATED_IDS="openai anthropic google"

# Ids of the providers that are set, in letters of any case as .NET reads them. Bash cannot name x-ai, so from env.
given_providers() {
  env -0 | { grep -ziE '^providers__[^=]+=.' || true; } \
    | sed -zE 's/^providers__(([^_=]|_[^_=])+).*$/\L\1/I' | LC_ALL=C sort -zu | tr '\0' ' ' | sed 's/ $//'
}

# Sets WANTED_PROVIDERS from the settings, before any of ours are exported.
choose_providers() {
  WANTED_PROVIDERS=$(given_providers)
  WANTED_PROVIDERS=${WANTED_PROVIDERS:-simulated}
}

running_providers() { recall local.env PROVIDERS; }

# In between it is not known whom the gateway calls, so nothing may take it for simulated.
providers_change() { if [[ $(running_providers) != "$WANTED_PROVIDERS" ]]; then forget local.env PROVIDERS; fi; }
providers_run() { record local.env PROVIDERS "$WANTED_PROVIDERS"; }

simulator_url() { if [[ $MODE == docker ]]; then printf 'http://simulator:8080'; else service_url Simulator; fi; }

export_providers() {
  local url
  [[ $WANTED_PROVIDERS == simulated ]] || return 0
  url=$(simulator_url)
  export Providers__openai__BaseUrl=$url/openai/v1 Providers__openai__ApiKey=sk-sim-openai
  export Providers__anthropic__BaseUrl=$url/anthropic Providers__anthropic__ApiKey=sk-sim-anthropic
  export Providers__google__BaseUrl=$url/google Providers__google__ApiKey=sk-sim-google
}

# Only the demo is told, and only of the stack that runs: it would spend real money elsewhere.
export_simulator_url() {
  unset TOKENSENSE_SIMULATOR_URL
  if [[ $(running_providers) == simulated ]]; then TOKENSENSE_SIMULATOR_URL=$(simulator_url); export TOKENSENSE_SIMULATOR_URL; fi
}

print_providers() {
  case $1 in
    simulated) printf 'providers  simulated (no Providers__… is set): %s\n' "${SIMULATED_IDS// /, }" ;;
    "") printf 'providers  unknown: ./tokensense up was interrupted\n' ;;
    *) printf 'providers  %s; nothing is simulated\n' "${1// /, }" ;;
  esac
}
