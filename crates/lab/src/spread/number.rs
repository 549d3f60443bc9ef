//! Which parts run here: by a number that somebody types, or by what a scheduler sets.

use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result, untrusted};

/// How the variables of a scheduler number its tasks.
#[derive(Clone, Copy, Debug)]
struct Scheduler {
    /// The variable with the number.
    number: &'static str,
    /// The number of the first task.
    first: usize,
    /// The variable that says how many tasks share the parts; without it a task is one part.
    total: Option<&'static str>,
}

/// By the documents of each: "Job Array Support" of Slurm, "Indexed" jobs of Kubernetes,
/// `parallel` of GitLab (the only one that begins at 1), "Parallelism" of `CircleCI` and Buildkite.
const SCHEDULERS: [Scheduler; 5] = [
    Scheduler { number: "SLURM_ARRAY_TASK_ID", first: 0, total: None },
    Scheduler { number: "JOB_COMPLETION_INDEX", first: 0, total: None },
    Scheduler { number: "CI_NODE_INDEX", first: 1, total: Some("CI_NODE_TOTAL") },
    Scheduler { number: "CIRCLE_NODE_INDEX", first: 0, total: Some("CIRCLE_NODE_TOTAL") },
    Scheduler {
        number: "BUILDKITE_PARALLEL_JOB",
        first: 0,
        total: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
];

/// The variable with the last number of an array of Slurm's.
const LAST_OF_ARRAY: &str = "SLURM_ARRAY_TASK_MAX";

/// Which part is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    Number(usize),
    /// What the variables of a scheduler say.
    Auto,
}

impl Which {
    /// Returns the numbers of the parts that run here, of `count` that there are; none where more
    /// tasks than parts were started.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for a number that no part has, and where no variable, or more than one,
    /// says which it is.
    pub fn of(self, ctx: &Ctx, count: usize) -> Result<Vec<usize>> {
        match self {
            Self::Number(number) => one(number, count),
            Self::Auto => by_variables(ctx, count),
        }
    }
}

fn one(number: usize, count: usize) -> Result<Vec<usize>> {
    if number < count {
        return Ok(vec![number]);
    }
    let message = format!("there is no cell {number}: there are {count}, from 0");
    Err(Error::new(Kind::Usage, message).hint("to see them: the same with `--plan json`"))
}

fn by_variables(ctx: &Ctx, count: usize) -> Result<Vec<usize>> {
    let set: Vec<&Scheduler> =
        SCHEDULERS.iter().filter(|one| ctx.variable(one.number).is_some()).collect();
    let scheduler = match set.as_slice() {
        [one] => one,
        [] => {
            let names = SCHEDULERS.map(|one| format!("`{}`", one.number)).join(", ");
            let message = "no scheduler says which cell this is";
            return Err(Error::new(Kind::Usage, message)
                .detail(format!("none of {names} is set"))
                .hint("name the cell: `--cell 0`"));
        }
        many => {
            let names: Vec<String> = many.iter().map(|one| format!("`{}`", one.number)).collect();
            let message =
                format!("{} are set, and each could say which cell this is", names.join(" and "));
            return Err(Error::new(Kind::Usage, message).hint("name the cell: `--cell 0`"));
        }
    };
    let task = number(ctx, scheduler.number)?;
    if scheduler.total.is_none() {
        if let Some(last) =
            ctx.variable(LAST_OF_ARRAY).map(|_| number(ctx, LAST_OF_ARRAY)).transpose()?
            && last >= count
        {
            let message = format!("the array goes to {last}, and the last cell is {}", count - 1);
            return Err(Error::new(Kind::Usage, message)
                .detail("cells are numbered from 0")
                .hint(format!("`sbatch --array=0-{}`", count - 1)));
        }
        return one(task, count);
    }
    let total = match scheduler.total.filter(|name| ctx.variable(name).is_some()) {
        Some(name) => number(ctx, name)?.max(1),
        None => count,
    };
    let task = task.checked_sub(scheduler.first).filter(|task| *task < total).ok_or_else(|| {
        let name = scheduler.number;
        Error::new(Kind::Usage, format!("`{name}={task}` is not one of {total} tasks"))
    })?;
    Ok((task..count).step_by(total).collect())
}

fn number(ctx: &Ctx, name: &str) -> Result<usize> {
    let value = ctx.variable(name).unwrap_or_default().to_string_lossy();
    value.parse().map_err(|_| {
        Error::new(Kind::Usage, format!("`{name}={}` is not a number", untrusted(&value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)], count: usize) -> Result<Vec<usize>, String> {
        let ctx = Ctx {
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            cwd: "/".into(),
            executable: "/goward".into(),
            called: None,
        };
        Which::Auto.of(&ctx, count).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn schedulers_number_their_tasks_each_in_its_way() {
        let slurm = |task, last| [("SLURM_ARRAY_TASK_ID", task), ("SLURM_ARRAY_TASK_MAX", last)];
        assert_eq!(of(&slurm("0", "5"), 6), Ok(vec![0]));
        assert_eq!(of(&slurm("5", "5"), 6), Ok(vec![5]));
        // One that was lost, again.
        assert_eq!(of(&slurm("3", "3"), 6), Ok(vec![3]));
        let from_one = Err("the array goes to 6, and the last cell is 5".to_owned());
        assert_eq!(of(&slurm("1", "6"), 6), from_one);
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "2")], 3), Ok(vec![2]));
        let none = Err("there is no cell 3: there are 3, from 0".to_owned());
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "3")], 3), none);

        let gitlab = |node, total| [("CI_NODE_INDEX", node), ("CI_NODE_TOTAL", total)];
        assert_eq!(of(&gitlab("1", "6"), 6), Ok(vec![0]));
        assert_eq!(of(&gitlab("6", "6"), 6), Ok(vec![5]));
        assert_eq!(of(&gitlab("1", "2"), 5), Ok(vec![0, 2, 4]));
        assert_eq!(of(&gitlab("2", "2"), 5), Ok(vec![1, 3]));
        // More tasks than cells.
        assert_eq!(of(&gitlab("4", "4"), 3), Ok(vec![]));
        let zero = Err("`CI_NODE_INDEX=0` is not one of 6 tasks".to_owned());
        assert_eq!(of(&gitlab("0", "6"), 6), zero);
        let circle = [("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "2")];
        assert_eq!(of(&circle, 3), Ok(vec![0, 2]));
        let buildkite = [("BUILDKITE_PARALLEL_JOB", "1"), ("BUILDKITE_PARALLEL_JOB_COUNT", "2")];
        assert_eq!(of(&buildkite, 3), Ok(vec![1]));
    }

    #[test]
    fn nobody_is_asked_to_guess() {
        assert_eq!(of(&[], 3), Err("no scheduler says which cell this is".to_owned()));
        assert_eq!(of(&[("CI_NODE_INDEX", "")], 3), of(&[], 3));
        let two = [("CI_NODE_INDEX", "1"), ("SLURM_ARRAY_TASK_ID", "1")];
        let both = "`SLURM_ARRAY_TASK_ID` and `CI_NODE_INDEX` are set, and each could say which cell this is";
        assert_eq!(of(&two, 3), Err(both.to_owned()));
        let odd = Err("`JOB_COMPLETION_INDEX=-1` is not a number".to_owned());
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "-1")], 3), odd);
    }
}
