# shellcheck shell=bash
# ./tokensense test: every test on real backends of the run's own, which are gone when it ends.

# name:project, in the order in which they run: the quick ones first.
TESTS=(specs:TokenSense.Specs e2e:TokenSense.EndToEnd)

TEST_MINUTES=${TOKENSENSE_TEST_MINUTES:-45}
# Where this many have failed, the rest mostly fail for the same reason, each after its own long wait.
TEST_FAILURES_MAX=${TOKENSENSE_TEST_FAILURES_MAX:-12}

test_usage() { fail "usage: ./tokensense test [$(printf '%s ' "${TESTS[@]%%:*}" | sed 's/ $//; s/ /|/g')]… [-- OPTIONS OF THE RUNNER]"; }

run_tests() {
  local names=() options=() name entry chosen=()
  while (($# > 0)); do
    case $1 in
      --) shift; options=("$@"); break ;;
      -*) test_usage ;;
      *) names+=("$1"); shift ;;
    esac
  done
  for name in ${names[@]+"${names[@]}"}; do
    [[ " ${TESTS[*]%%:*} " == *" $name "* ]] || { say "There is no test named '$name'."; test_usage; }
  done
  for entry in "${TESTS[@]}"; do
    if ((${#names[@]} > 0)) && [[ " ${names[*]} " != *" ${entry%%:*} "* ]]; then continue; fi
    if [[ -f $ROOT/$(test_project "$entry") ]]; then
      chosen+=("$entry")
    elif ((${#names[@]} > 0)); then
      fail "$(test_project "$entry") is missing"
    else
      say "$(test_project "$entry") is not there: left out."
    fi
  done

  settle
  exec 7>"$RUN/test.lock"
  flock -n 7 || { say "Waiting for another test run in $HOME_DIR …"; flock 7; }

  export_test_home test
  RESULTS=$HOME_DIR/test-results
  # Each service's log, written when a test is done with it.
  export TOKENSENSE_TEST_LOGS=$RESULTS/logs
  PASSED=0 FAILED=0 SKIPPED=0
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  if [[ ! -t 1 ]]; then export NO_COLOR=1; fi
  trap 'finish_tests $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  say "$(disk_free) MB of disk are free."
  need_dotnet
  need_for_tests "${chosen[@]+"${chosen[@]}"}"
  build_tests ${chosen[@]+"${chosen[@]}"}
  # What an interrupted run left behind would be neither empty nor ours to trust.
  clear_test_homes
  if [[ ${chosen[*]:-} != specs:* || ${#chosen[@]} -gt 1 ]]; then
    "$ROOT/deploy/backends" up "$TOKENSENSE_TEST_HOME"
    export_test_backends
  fi
  for entry in ${chosen[@]+"${chosen[@]}"}; do run_test "$entry" ${options[@]+"${options[@]}"}; done
}

export_test_home() {
  TOKENSENSE_TEST_HOME=${TOKENSENSE_TEST_HOME:-$HOME_DIR/$1}
  if [[ $TOKENSENSE_TEST_HOME != /* ]]; then TOKENSENSE_TEST_HOME=$ROOT/$TOKENSENSE_TEST_HOME; fi
  export TOKENSENSE_TEST_HOME TOKENSENSE_BACKENDS_SCRIPT=$ROOT/deploy/backends
}

test_project() { printf 'tests/%s/%s.csproj' "${1#*:}" "${1#*:}"; }

# Packages that some tests need beside the backends.
need_for_tests() {
  local entry folder
  for entry; do
    folder=$ROOT/tests/${entry#*:}
    if find "$folder" -name node_modules -prune -o -name package.json -print | grep -q .; then need node nodejs; need npm npm; fi
    if grep -q 'Microsoft.Playwright' "$folder"/*.csproj; then need chromium chromium; fi
  done
}

build_tests() {
  local entry log=$LOGS/test-build.log began=$SECONDS
  say "Building …"
  : >"$log"
  for entry; do
    if ! dotnet_build build "$ROOT/$(test_project "$entry")" -c Release -nologo -v:minimal >>"$log" 2>&1; then
      grep -E 'error' "$log" | sort -u | head -n 30 >&2 || tail -n 30 "$log" >&2
      say "tokensense: $(test_project "$entry") does not build, see $log"
      FAILED=$((FAILED + 1))
      exit 1
    fi
  done
  say "  built in $((SECONDS - began)) s"
}

export_test_backends() {
  local lines line
  lines=$("$ROOT/deploy/backends" env "$TOKENSENSE_TEST_HOME")
  while IFS= read -r line; do export "${line?}"; done <<<"$lines"
}

# Runs one executable and adds up what it says at its end; one that ends without saying anything has failed.
run_test() {
  local project=${1#*:} output assembly code=0 counts total failed skipped
  shift
  output=$RESULTS/$project.log
  assembly=$(printf '%s\n' "$ROOT/tests/$project"/bin/Release/*/"$project.dll" | tail -n 1)
  say ""
  say "=== $project"
  # In the background, because a signal is handled only between commands or while waiting; into a file and not a pipe,
  # because something that a test left running would keep a pipe open.
  : >"$output"
  timeout --kill-after=20 "${TEST_MINUTES}m" dotnet "$assembly" "$@" </dev/null >"$output" 2>&1 7>&- 8>&- 9>&- &
  local running=$!
  tail -n +1 -s 0.2 -f --pid=$running "$output" 7>&- &
  local following=$!
  stop_when_hopeless "$output" $running &
  local watching=$!
  wait $running || code=$?
  wait $following $watching || true
  if ((code == 124 || code == 137)); then say "$project was ended after $TEST_MINUTES minutes."; fi

  counts=$(test_counts "$output")
  if [[ -z $counts ]]; then
    say "$project ended with exit code $code and without a summary."
    FAILED=$((FAILED + 1))
    return
  fi
  read -r total failed skipped <<<"$counts"
  # 8: no test matched the filter, which may be meant for another executable.
  if ((code != 0 && code != 8 && failed == 0)); then failed=1; fi
  PASSED=$((PASSED + (total > failed + skipped ? total - failed - skipped : 0)))
  FAILED=$((FAILED + failed))
  SKIPPED=$((SKIPPED + skipped))
}

# Ends a run (as its limit of time would) whose tests fail one after the other.
stop_when_hopeless() {
  while kill -0 "$2" 2>/dev/null; do
    if (($(grep -c '^failed ' "$1") >= TEST_FAILURES_MAX)); then
      say "$TEST_FAILURES_MAX tests failed: the rest is left out (TOKENSENSE_TEST_FAILURES_MAX)."
      kill -TERM "$2" 2>/dev/null
      return
    fi
    sleep 1
  done
}

# What the services and the backends complained of last: what a test says is often only the end of it.
show_complaints() {
  say ""
  say "=== Last warnings of the services ($TOKENSENSE_TEST_LOGS)"
  grep -rhE '^[0-9TZ:.-]+ (warn|fail|crit):' "$TOKENSENSE_TEST_LOGS" 2>/dev/null | sort | tail -n 15 | cut -c1-250
  say "=== Of the backends; $(disk_free) MB of disk are free ($TOKENSENSE_TEST_HOME/logs)"
  grep -hE 'alarm|FATAL|PANIC|No space|\[error\]' "$TOKENSENSE_TEST_HOME"/logs/*.log 2>/dev/null | grep -v 'access_refused\|Channel error' | tail -n 8 | cut -c1-250
  say "=== What failed"
  grep -hA 1 '^failed ' "$RESULTS"/*.log | grep -v '^--' | head -n 40 | cut -c1-300
}

# Prints "total failed skipped" from the last summary of xunit's own runner or of Microsoft.Testing.Platform.
test_counts() {
  sed -E 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^ +[^ ]+ +Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+/ {
      gsub(",", ""); for (i = 1; i < NF; i++) { if ($i == "Total:") t = $(i+1); if ($i == "Errors:") e = $(i+1); if ($i == "Failed:") f = $(i+1); if ($i == "Skipped:") s = $(i+1) }
      f += e; t += e; seen = 1
    }
    /^Test run summary:/ { inside = 1; t = f = s = 0; seen = 1 }
    inside && /^ +total: [0-9]+/ { t = $2 }
    inside && /^ +failed: [0-9]+/ { f = $2 }
    inside && /^ +skipped: [0-9]+/ { s = $2 }
    END { if (seen) print t + 0, f + 0, s + 0 }'
}

# Stacks and backends that tests started below the run's home, and the run's own.
clear_test_homes() {
  local run
  while IFS= read -r run; do
    (
      unset ConnectionStrings__Postgres ConnectionStrings__RabbitMq RabbitMq__ManagementUrl
      TOKENSENSE_MODE=native TOKENSENSE_HOME=${run%/run} "$ROOT/tokensense" down --purge >/dev/null 7>&- 8>&- 9>&-
    ) || say "What runs in ${run%/run} could not be stopped."
  done < <(find "$TOKENSENSE_TEST_HOME" -mindepth 2 -maxdepth 4 -type d -name run -not -path '*/postgres/*' 2>/dev/null)
  "$ROOT/deploy/backends" down "$TOKENSENSE_TEST_HOME" --purge || say "The test backends in $TOKENSENSE_TEST_HOME could not be stopped."
}

# What an interrupted run left running: the test executable and what pipes its output.
end_children() {
  local children each
  mapfile -t children < <(descendants $$)
  for each in ${children[@]+"${children[@]}"}; do gone "$each" || kill -TERM "${each%% *}" 2>/dev/null; done
  wait_gone 10 ${children[@]+"${children[@]}"} && return
  for each in "${children[@]}"; do gone "$each" || kill -KILL "${each%% *}" 2>/dev/null; done
}

finish_tests() {
  local code=$1
  trap - EXIT
  trap '' INT TERM HUP
  set +e
  end_children
  if ((FAILED > 0 && PASSED > 0)); then show_complaints; fi
  clear_test_homes
  if ((FAILED > 0 && code == 0)); then code=1; fi
  if ((PASSED + FAILED == 0)); then
    say "No test ran."
    if ((code == 0)); then code=1; fi
  fi
  printf '\n%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
  exit "$code"
}

# Benchmarks get backends of their own as well.
run_benchmarks() {
  local project=tests/TokenSense.Benchmarks/TokenSense.Benchmarks.csproj
  [[ -f $ROOT/$project ]] || fail "there are no benchmarks yet: they come with $project"
  need_dotnet
  settle
  exec 7>"$RUN/test.lock"
  flock -n 7 || { say "Waiting for another test run in $HOME_DIR …"; flock 7; }
  export_test_home bench
  trap 'clear_test_homes' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  dotnet_build build "$ROOT/$project" -c Release -nologo -v:minimal >"$LOGS/bench-build.log" 2>&1 \
    || { tail -n 30 "$LOGS/bench-build.log" >&2; fail "the benchmarks do not build, see $LOGS/bench-build.log"; }
  clear_test_homes
  "$ROOT/deploy/backends" up "$TOKENSENSE_TEST_HOME"
  export_test_backends
  dotnet "$(printf '%s\n' "$ROOT/${project%/*}"/bin/Release/*/TokenSense.Benchmarks.dll | tail -n 1)" "$@" 7>&- 8>&- 9>&-
}
