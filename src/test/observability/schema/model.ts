// What a board may be, put together from the types that Grafana's panels are built with (@grafana/schema). They name each
// option and its values; an option that does not exist is an error, since TypeScript refuses what a literal has too much.
import type * as schema from "@grafana/schema";
import type * as bargauge from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.js";
import type * as heatmap from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.js";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.js";
import type * as statetimeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.js";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.js";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.js";

/** A type as it is in JSON: an enumeration of strings becomes the strings. */
type Json<T> = unknown extends T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends Array<infer I>
        ? Json<I>[]
        : T extends object
          ? { [K in keyof T]: Json<T[K]> }
          : T;

/** By a panel's type: its options and the options of its fields. Never: it has none. */
interface Panels {
  bargauge: [bargauge.Options, never];
  heatmap: [heatmap.Options, heatmap.FieldConfig];
  stat: [stat.Options, never];
  "state-timeline": [statetimeline.Options, statetimeline.FieldConfig];
  table: [table.Options, table.FieldConfig];
  timeseries: [timeseries.Options, timeseries.FieldConfig];
}

/** The board's variable, in a panel as in each of its queries. */
type DataSource = { type: "prometheus"; uid: "${datasource}" } & schema.DataSourceRef;

/** Not in the package: what Prometheus's query editor saves. */
interface Query {
  datasource: DataSource;
  editorMode: "code";
  expr: string;
  format?: "heatmap" | "table" | "time_series";
  instant?: boolean;
  interval?: string;
  legendFormat?: string;
  range: boolean;
  refId: string;
}

/** What an override may set is the same as what a panel's fields may be, by its path. */
type Property<C> = {
  [K in keyof Field<C>]-?: K extends "custom" ? never : { id: K; value: Required<Field<C>>[K] };
}[keyof Field<C>] | { [K in keyof C & string]-?: { id: `custom.${K}`; value: Json<Required<C>[K]> } }[keyof C & string];

type Links = { title: string; url: string; targetBlank: boolean }[];

type Field<C> = Omit<Json<schema.FieldConfig>, "custom" | "links"> & { custom?: Json<C>; links?: Links };

type Base = Omit<schema.Panel, "datasource" | "fieldConfig" | "options" | "targets" | "type">;

export type Panel<T extends keyof Panels> = Required<Pick<Json<Base>, "description" | "gridPos" | "id" | "title">> &
  Json<Base> & {
    type: T;
    datasource: DataSource;
    fieldConfig: {
      defaults: Field<Panels[T][1]>;
      overrides: { matcher: { id: "byName" | "byRegexp"; options: string }; properties: Property<Panels[T][1]>[] }[];
    };
    options: Json<Panels[T][0]>;
    targets: Query[];
  };

export type Row = Json<Omit<schema.RowPanel, "panels">> & { panels: [] };

type Annotation = Omit<Json<schema.AnnotationQuery>, "target"> & {
  target: Query;
  // Read by the Prometheus data source, not in the package.
  tagKeys: string;
  textFormat: string;
  titleFormat: string;
};

// `definition` is what the list of variables shows; the package leaves it out, Grafana saves it.
type Variable = Json<schema.VariableModel> & { definition?: string };

/** A board without its panels, which are checked one by one, so that an error names its panel. */
export type Board = Omit<Json<schema.Dashboard>, "annotations" | "panels" | "templating"> & {
  annotations: { list: Annotation[] };
  templating: { list: Variable[] };
};
