#!/bin/bash
# Grade a large class on a cluster that Slurm runs: an array of shares, and a job that merges them.
#
#     bash assignments/examples/slurm.sh SUBMISSIONS SEED SHARES
#
# Run it in the repository, on a disk that all nodes see. What `make grade` takes besides goes
# before it, as in: ASSIGNMENT=vgg-parameters GO_ON=1 MOODLE=worksheet.csv bash assignments/…
# Results lie in SUBMISSIONS-grades; a share that was ended goes on when the line is run again.
#SBATCH --job-name=grade
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=02:00:00
set -euo pipefail

submissions=${1:?name the folder of submissions} seed=${2:?give the seed} shares=${3:?how many shares}
out=${submissions%.zip}
out=${out%/}-grades
python=.venv/bin/python

if [ -z "${SLURM_JOB_ID:-}" ]; then
    make environment-grade  # once, before many nodes want it
    array=$(sbatch --parsable --array="1-$shares" "$0" "$@")
    merging=$(sbatch --parsable --dependency="afterok:$array" --cpus-per-task=1 "$0" "$@")
    echo "Job $array grades, and $merging merges into $out; see squeue --me."
elif [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    share=$SLURM_ARRAY_TASK_ID
    $python -m assignments.grade "$submissions" --seed "$seed" \
        --share "$share/$SLURM_ARRAY_TASK_COUNT" --out "$out-$share" \
        --workers "${SLURM_CPUS_PER_TASK:-1}" \
        ${ASSIGNMENT:+--assignment "$ASSIGNMENT"} ${MASTERS:+--masters "$MASTERS"} \
        ${GO_ON:+--go-on}
else
    folders=()
    for share in $(seq "$shares"); do folders+=("$out-$share"); done
    $python -m assignments.grade --merge "${folders[@]}" --out "$out" \
        ${MOODLE:+--moodle "$MOODLE"} ${CANVAS:+--canvas "$CANVAS"} ${COLUMN:+--column "$COLUMN"}
fi
