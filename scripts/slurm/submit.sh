#!/usr/bin/env bash
# Submits a depthmill job to Slurm: an array with a part a task, and a job behind it that merges the parts.
#
#   scripts/slurm/submit.sh --shards 16 --config X.ini
#   scripts/slurm/submit.sh --shards 64 --cpus 8 --time 4:00:00 -- extract --raw /data/nyu --out /data/runs/raw
#   scripts/slurm/submit.sh --shards 4 --gres gpu:1 -- infer --images /data/runs/raw --model net.pt --out /data/runs/net
#
#   --shards N          parts of the job (needed)
#   --config FILE       short for -- run --config FILE
#   --cpus N            threads of a task (4)
#   --time T            time of a task (as sbatch takes it; the partition's default)
#   --mem M             memory of a task; the bound that depthmill announces for --cpus threads, and a third more
#   --partition P, --gres G, --account A   as sbatch takes them
#   --window N          tasks of an array at most (MaxArraySize - 1; 1000); more parts are submitted as several arrays
#   --retry             only parts that are not finished, and the merge
#   --notice S          seconds before its time limit or preemption at which a task hears of it (120)
#   --logs DIR          where logs go, one a job, task and restart (<out>.logs)
#   --depthmill FILE    the program (the one on PATH, or beside this checkout)
#   --dry-run           print the scripts and submit nothing
#
# A task that is preempted or near its time limit drains, and is requeued; so is one whose node is lost. Parts are
# resumed at the frame. The merge starts when all tasks are over, however they ended (a dependency on success would wait
# for ever for a task that failed once and was requeued); parts that are missing then are submitted again, at most three
# times, and what is still missing after that is named in the merge's log.
set -euo pipefail

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; }
die() { echo "submit.sh: $1" >&2; exit 1; }

shards="" cpus=4 time="" mem="" window=1000 retry=0 notice=120 logs="" dry=0 round=1 options=() words=()
program=$(command -v depthmill || true)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -n "$program" ] || program=$here/../../build/release/bin/depthmill
while [ $# -gt 0 ]; do
  case "$1" in
    --dry-run) dry=1; shift; continue ;;
    --retry) retry=1; shift; continue ;;
    -h|--help) usage; exit 0 ;;
    --) shift; words=("$@"); break ;;
  esac
  [ $# -ge 2 ] || die "$1 needs a value, or is unknown ('--help')"
  case "$1" in
    --shards) shards=$2 ;;
    --config) words=(run --config "$2") ;;
    --cpus) cpus=$2 ;;
    --time) time=$2; options+=("--time=$2") ;;
    --mem) mem=$2 ;;
    --partition|--gres|--account|--qos) options+=("$1=$2") ;;
    --window) window=$2 ;;
    --notice) notice=$2 ;;
    --logs) logs=$2 ;;
    --depthmill) program=$2 ;;
    --round) round=$2 ;;  # how often the parts were submitted: for the merge itself
    *) die "unknown option $1 ('--help')" ;;
  esac
  shift 2
done
[ ${#words[@]} -gt 0 ] || die "which job? --config FILE, or -- COMMAND options..."
case "$shards" in ''|*[!0-9]*|0) die "--shards: how many parts? a whole number from 1" ;; esac
case "$window" in ''|*[!0-9]*|0) die "--window: a whole number from 1" ;; esac
[ -x "$program" ] || die "there is no program $program (--depthmill FILE)"
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")

# --out, from the words or the file of settings.
out="" config=""
for ((i = 0; i < ${#words[@]}; i++)); do
  case "${words[i]}" in
    --out) out=${words[i + 1]-} ;;
    --out=*) out=${words[i]#*=} ;;
    --config) config=${words[i + 1]-} ;;
    --config=*) config=${words[i]#*=} ;;
    --shard|--shard=*) die "--shard is this script's: say --shards N" ;;
  esac
done
if [ -z "$out" ] && [ -n "$config" ]; then
  [ -r "$config" ] || die "$config cannot be read"
  out=$(sed -n '/^\[run\]/,/^\[/{s/^out *= *//p}' "$config" | head -1)
fi
[ -n "$out" ] || die "--out is missing: the run folder, on a file system that all nodes see"
[ -n "$logs" ] || logs=${out%/}.logs
case "$logs" in /*) ;; *) logs=$PWD/$logs ;; esac

if [ -z "$mem" ]; then
  bound=$("$program" "${words[@]}" --threads "$cpus" --dry-run |
    sed -n 's/^memory: at most \([0-9]*\) MB.*/\1/p') || die "the job cannot be planned, see above"
  [ -n "$bound" ] || die "the job announces no memory: say --mem"
  mem=$((bound * 4 / 3 + 512))M
fi

own_options() { [ ${#options[@]} -eq 0 ] || printf '#SBATCH %s\n' "${options[@]}"; }

quoted() { printf '%q ' "$@"; }

# The script of parts `1` (an array expression), whose numbers begin behind `2`.
array_script() {
  cat <<SCRIPT
#!/bin/bash
#SBATCH --job-name=depthmill
#SBATCH --array=$1
#SBATCH --cpus-per-task=$cpus
#SBATCH --mem=$mem
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@$notice
#SBATCH --output=$logs/%A_%a.log
$(own_options)
# A log a restart. The program hears of the time limit and of a preemption, drains, and the task is queued again.
exec >"$logs/\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}.\${SLURM_RESTART_COUNT-0}.log" 2>&1
cd $(quoted "$PWD")
$(quoted "$program" "${words[@]}") --threads $cpus --shard slurm+$2/$shards --wait 3600 &
child=\$!
trap 'kill -USR1 \$child 2>/dev/null' USR1 TERM
code=
while [ -z "\$code" ]; do
  wait \$child && code=0 || code=\$?
  # A signal ends the wait before the program ends.
  if kill -0 \$child 2>/dev/null; then code=; fi
done
case \$code in
  5) scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"; sleep 60 ;;  # drained
  2) exit 0 ;;                                                                        # frames failed: on record
esac
exit \$code
SCRIPT
}

# The script that merges once the jobs `1` are over.
merge_script() {
  cat <<SCRIPT
#!/bin/bash
#SBATCH --job-name=depthmill-merge
#SBATCH --dependency=afterany:$1
#SBATCH --cpus-per-task=$cpus
#SBATCH --mem=$mem
#SBATCH --requeue
#SBATCH --output=$logs/merge_%j.log
$(own_options)
cd $(quoted "$PWD")
missing=\$($(quoted "$program" shards "$out" --retry))
code=\$?
if [ \$code -ne 2 ] || [ $round -ge 3 ]; then
  $(quoted "$program" merge "$out")
  exit
fi
echo "parts \$missing are not finished"
exec $(quoted "$here/submit.sh" --shards "$shards" --cpus "$cpus" --mem "$mem" --window "$window" --notice "$notice" --logs "$logs" \
  --depthmill "$program" --round $((round + 1)) --retry $(printf '%s\n' "${options[@]+"${options[@]}"}" |
  sed -n 's/^\(--[a-z]*\)=\(.*\)/\1\n\2/p') -- "${words[@]}")
SCRIPT
}

parts=1-$shards
if [ $retry -eq 1 ]; then
  parts=$("$program" shards "$out" --retry) || true
  [ -n "$parts" ] || parts=none
fi

# The numbers of `parts` that lie in [$1, $2], less $1 - 1, as an array expression.
within() {
  echo "$parts" | tr ',' '\n' | awk -F- -v low="$1" -v high="$2" '
    { a = $1; b = NF > 1 ? $2 : $1
      if (a < low) a = low; if (b > high) b = high
      if (a <= b) text = text (text == "" ? "" : ",") (a == b ? a - low + 1 : (a - low + 1) "-" (b - low + 1)) }
    END { print text }'
}

jobs=""
[ $dry -eq 1 ] || mkdir -p "$logs"
for ((offset = 0; offset < shards; offset += window)); do
  [ "$parts" != none ] || break
  last=$((offset + window < shards ? offset + window : shards))
  numbers=$(within $((offset + 1)) $last)
  [ -n "$numbers" ] || continue
  if [ $dry -eq 1 ]; then
    array_script "$numbers" $offset
    jobs=$jobs${jobs:+:}ARRAY$((offset / window + 1))
  else
    jobs=$jobs${jobs:+:}$(array_script "$numbers" $offset | sbatch --parsable | cut -d';' -f1)
  fi
done
if [ $dry -eq 1 ]; then
  merge_script "${jobs:-none}"
  exit 0
fi
merge=$(merge_script "${jobs:-none}" | { [ -n "$jobs" ] && cat || sed '/^#SBATCH --dependency/d'; } |
  sbatch --parsable | cut -d';' -f1)
echo "parts: ${jobs:-none to do}; merge: $merge; logs: $logs"
