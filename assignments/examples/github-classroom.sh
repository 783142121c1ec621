#!/bin/bash
# Put feedback into the repositories of a GitHub Classroom assignment.
#
#     gh classroom clone student-repos -a NUMBER       # into vgg-parameters-submissions
#     make grade SUBMISSIONS=vgg-parameters-submissions SEED=2027 \
#         OPTIONS="--id '^vgg-parameters-(?P<id>[^/]+)/'"
#     bash assignments/examples/github-classroom.sh vgg-parameters-submissions
#
# Each student's repository gets a commit with feedback.html, if that is new. Mark by hand first: a
# page of which something waits for marks says so, and is pushed all the same.
set -euo pipefail

submissions=${1:?name the folder of clones}
submissions=${submissions%/}
pages=$(realpath "$submissions-grades/feedback")
assignment=$(basename "$submissions" -submissions)

for folder in "$submissions/$assignment"-*/; do
    student=$(basename "$folder")
    student=${student#"$assignment"-}
    page=$pages/$student.html
    if [ ! -e "$page" ]; then
        echo "$student: no page"
        continue
    fi
    cp "$page" "$folder/feedback.html"
    git -C "$folder" add feedback.html
    if git -C "$folder" diff --cached --quiet; then
        echo "$student: nothing new"
    else
        git -C "$folder" commit --quiet --message "Add feedback"
        git -C "$folder" push --quiet
        echo "$student: pushed"
    fi
done
