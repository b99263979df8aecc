//! What things cost, against how much there is: flat lines are what is wanted.

use std::collections::BTreeMap;
use std::path::Path;

use plotters::prelude::*;

use super::Point;
use crate::Failure;

const SIZE: (u32, u32) = (960, 540);

pub(super) fn write(path: &Path, points: &[Point]) -> Result<(), Failure> {
    let series = series(points);
    let Some((sizes, costs)) = bounds(points) else { return Ok(()) };
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "Cost of one read, against threads in the store or items in the thread",
            ("sans-serif", 18),
        )
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(sizes.log_scale(), costs.log_scale())?;
    chart.configure_mesh().x_desc("size").y_desc("ms").light_line_style(WHITE).draw()?;
    for (index, (name, line)) in series.into_iter().enumerate() {
        let style = Palette99::pick(index).stroke_width(2);
        chart
            .draw_series(LineSeries::new(line, style).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(area.present()?)
}

/// The points of each line, by size.
fn series(points: &[Point]) -> BTreeMap<&str, Vec<(f64, f64)>> {
    let mut series: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for point in points {
        series.entry(&point.series).or_default().push((point.size as f64, point.millis));
    }
    for line in series.values_mut() {
        line.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    }
    series
}

/// The ranges of the axes, with some room; none without points.
fn bounds(points: &[Point]) -> Option<(std::ops::Range<f64>, std::ops::Range<f64>)> {
    let range = |values: &dyn Fn(&Point) -> f64| {
        let low = points.iter().map(values).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(values).fold(0.0, f64::max);
        low / 1.5..high * 1.5
    };
    let costs = range(&|point| point.millis);
    (!points.is_empty()).then(|| (range(&|point| point.size as f64), costs.start..costs.end * 10.0))
}
