#!/usr/bin/env bash
# A Slurm of one's own on this machine, for tests: munged, slurmctld and two slurmd, on loopback alone.
#
#   eval "$(scripts/slurm/local-cluster.sh start DIR)"   sets SLURM_CONF; DIR must not be there yet
#   scripts/slurm/local-cluster.sh stop DIR
#
# Needs root and 'scripts/setup.sh --slurm'. Everything lies in DIR, which is left for who wants to read the logs. Two
# partitions share the nodes n1 and n2: `p`, and `urgent`, whose jobs take the place of those in p, which are requeued.
set -euo pipefail

die() { echo "local-cluster.sh: $1" >&2; exit 1; }
[ $# -eq 2 ] || die "usage: local-cluster.sh start|stop DIR"
root=$(realpath -m "$2")
host=$(hostname -s)

free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
}

start() {
  [ "$(id -u)" -eq 0 ] || die "needs root"
  for tool in munged slurmctld slurmd sbatch; do
    command -v "$tool" >/dev/null || die "there is no $tool: scripts/setup.sh --slurm"
  done
  [ ! -e "$root" ] || die "$root is there already"
  mkdir -p "$root"/{munge,state,log,pid,spool.n1,spool.n2}
  chmod 755 "$root" "$root"/*
  read -r ctl n1 n2 <<<"$(free_ports 3)"
  cat >"$root/slurm.conf" <<CONF
ClusterName=t
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$ctl
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/munge/sock,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool.%n
SlurmctldPidFile=$root/pid/slurmctld.pid
SlurmdPidFile=$root/pid/slurmd.%n.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$root/log/jobcomp.txt
SelectType=select/linear
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=100000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
SlurmdTimeout=10
SlurmctldTimeout=10
InactiveLimit=0
KillWait=2
MinJobAge=300
JobRequeue=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$n1 CPUs=2 RealMemory=8000 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$n2 CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=2
PartitionName=urgent Nodes=n1,n2 MaxTime=INFINITE State=UP PriorityTier=10
CONF
  export SLURM_CONF=$root/slurm.conf
  (umask 077; head -c 128 /dev/urandom >"$root/munge/key")
  daemon munged munged -F -S "$root/munge/sock" --key-file="$root/munge/key" --log-file="$root/munge/log" \
    --pid-file="$root/munge/pid" --seed-file="$root/munge/seed"
  for ((i = 0; i < 100; i++)); do [ -S "$root/munge/sock" ] && break; sleep 0.1; done
  [ -S "$root/munge/sock" ] || die "munged does not come up: $(tail -1 "$root/log/munged.out")"
  daemon ctl slurmctld -D -f "$SLURM_CONF"
  for node in n1 n2; do daemon $node slurmd -D -N $node -f "$SLURM_CONF"; done
  for ((i = 0; i < 300; i++)); do
    [ "$(sinfo -h -N -o '%T' 2>/dev/null | sort -u)" = idle ] && break
    sleep 0.1
  done
  [ "$(sinfo -h -N -o '%T' | sort -u)" = idle ] || die "the nodes do not come up; see $root/log"
  echo "export SLURM_CONF=$SLURM_CONF"
}

# daemon NAME COMMAND...: in the background, its number in pid/NAME.
daemon() {
  local name=$1
  shift
  setsid "$@" </dev/null >"$root/log/$name.out" 2>&1 &
  echo $! >"$root/pid/$name"
}

stop() {
  local name id
  export SLURM_CONF=$root/slurm.conf
  timeout 10 scancel --me 2>/dev/null || timeout 10 scancel -u root 2>/dev/null || true
  for name in n1 n2 ctl munged; do
    id=$(cat "$root/pid/$name" 2>/dev/null) || continue
    tr '\0' ' ' <"/proc/$id/cmdline" 2>/dev/null | grep -q "munged\|slurm" || continue
    kill "$id" 2>/dev/null || continue
    for ((i = 0; i < 200; i++)); do kill -0 "$id" 2>/dev/null || break; sleep 0.1; done
  done
}

case "$1" in
  start) start ;;
  stop) stop ;;
  *) die "usage: local-cluster.sh start|stop DIR" ;;
esac
