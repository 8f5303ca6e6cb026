#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Slurm cluster of two nodes on this host's loopback, for tests; as root, with Debian's slurm-wlm and munge.
#   slurm_cluster.sh up DIR [LINE...]   starts it below DIR; LINEs go into slurm.conf
#   slurm_cluster.sh start|stop|kill DIR slurmctld|node1|node2
#   slurm_cluster.sh down DIR
# Exit code 77 where the programs are absent or this is not root. SLURM_CONF=DIR/slurm.conf leads commands to it.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
action=$1 dir=$2
export SLURM_CONF=$dir/slurm.conf

alive() { # $1: file that holds a process's number
  local stat
  [ -s "$1" ] && stat=$(sed 's/.*) \(.\).*/\1/' "/proc/$(cat "$1" 2>/dev/null)/stat" 2>/dev/null) &&
    [ "$stat" != Z ]
}
start() {
  case $1 in
    slurmctld) slurmctld ;;
    node*) slurmd -N "$1" ;;
  esac
}
stop() { # $1: name, $2: signal
  local pid_file=$dir/run/$1.pid
  alive "$pid_file" || return 0
  kill "-$2" "$(<"$pid_file")"
  for _ in $(seq 200); do
    alive "$pid_file" || return 0
    sleep 0.05
  done
  echo "$1 does not end" >&2
  exit 1
}
wait_for_nodes() {
  for _ in $(seq 400); do
    [ "$(sinfo -h -N -o %t 2>/dev/null | grep -c idle)" -ne 2 ] || return 0
    sleep 0.05
  done
  sinfo -N >&2
  tail -n 5 "$dir"/log/*.log >&2
  exit 1
}
free_port() { # that nobody has; $1: where to look from
  local port=$1
  while grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") " /proc/net/tcp; do port=$((port + 1)); done
  echo "$port"
}
up() {
  local program
  for program in munged slurmctld slurmd sbatch squeue setpriv; do
    command -v "$program" >/dev/null || exit 77
  done
  [ "$(id -u)" -eq 0 ] || exit 77
  mkdir -p "$dir"/{run,log,state,munge}
  chmod 755 "$dir"
  head -c 1024 /dev/urandom > "$dir/munge/key"
  chown -R munge:munge "$dir/munge"
  chmod 400 "$dir/munge/key"
  setpriv --reuid=munge --regid=munge --clear-groups munged --key-file="$dir/munge/key" \
    --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" --log-file="$dir/munge/log" \
    --seed-file="$dir/munge/seed"
  local first=$((20000 + $$ % 20000)) controller node1 node2
  controller=$(free_port "$first")
  node1=$(free_port $((controller + 1)))
  node2=$(free_port $((node1 + 1)))
  cat > "$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$controller
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket
SlurmUser=slurm
SlurmdUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool-%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/%n.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmdTimeout=15
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=2
MinJobAge=600
NodeName=node1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$node1 CPUs=2 RealMemory=1000 State=UNKNOWN
NodeName=node2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$node2 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=test Nodes=node[1-2] Default=YES MaxTime=INFINITE State=UP
CONF
  printf '%s\n' SlurmdParameters=config_overrides "${@:3}" >> "$SLURM_CONF"
  chown slurm:slurm "$dir/run" "$dir/log" "$dir/state"
  start slurmctld
  start node1
  start node2
  wait_for_nodes
}

case $action in
  up) up "$@" ;;
  start) start "$3" ;;
  stop) stop "$3" TERM ;;
  kill) stop "$3" KILL ;;
  down)
    scancel --signal=KILL --full --user=root 2>/dev/null || true
    stop node1 TERM
    stop node2 TERM
    stop slurmctld TERM
    if alive "$dir/munge/pid"; then kill "$(<"$dir/munge/pid")"; fi
    ;;
  *) exit 2 ;;
esac
