//! The step of all linear models that are learned here: AdaGrad (Duchi et al. 2011, "Adaptive subgradient methods for online
//! learning and stochastic optimization").

/// How far steps go.
#[derive(Debug, Clone, Copy)]
pub struct AdaGrad {
    /// First step of a weight.
    pub rate: f32,
    /// Pull of a weight towards zero, a step.
    pub decay: f32,
}

impl AdaGrad {
    /// Moves a weight against the slope of its loss. `squares` is the sum of the squares of its slopes so far; it begins above
    /// zero.
    pub fn step(self, weight: &mut f32, squares: &mut f32, slope: f32) {
        *squares += slope * slope;
        *weight -= self.rate * slope / squares.sqrt() + self.rate * self.decay * *weight;
    }
}

#[cfg(test)]
mod tests {
    use super::AdaGrad;

    #[test]
    fn steps_go_downhill_and_shorten() {
        let (mut weight, mut squares) = (0.0, 1e-6);
        let descent = AdaGrad { rate: 0.1, decay: 0.0 };
        descent.step(&mut weight, &mut squares, 1.0);
        let first = weight;
        descent.step(&mut weight, &mut squares, 1.0);
        assert!(first < 0.0 && weight < first && first - weight < -first);
    }
}
