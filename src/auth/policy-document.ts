export interface PolicyDocument {
  readonly statements: readonly unknown[];
}
