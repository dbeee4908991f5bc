declare module "@alpinejs/csp" {
  const Alpine: {
    start(): void;
    data(name: string, component: (...args: unknown[]) => object): void;
  };
  export default Alpine;
}
